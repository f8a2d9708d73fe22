"""The nouns, in the order an article meets them. Read this first.

Every type is frozen, slotted and keyword-only; collections are tuples; times are aware UTC. Change a value
with `dataclasses.replace`. YAML, rows, Scrapy items and Telegram objects become these where they enter.
Their neighbours: `polling` (what is remembered of a source), `messages` (what goes out), `settings` (what
the user decides).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from monitor.core.relevance import Relevance, Share

SourceId = NewType("SourceId", str)
ArticleId = NewType("ArticleId", int)
StoryId = NewType("StoryId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)
RuleId = NewType("RuleId", str)
ChatName = NewType("ChatName", str)


# ── what is watched ──


class Kind(StrEnum):
    """What sort of publisher a source is."""

    OFFICIAL_CENTRAL = "official-central"
    OFFICIAL_MINISTRY = "official-ministry"
    OFFICIAL_LOCAL = "official-local"
    STATE_MEDIA = "state-media"
    CRYPTO_MEDIA = "crypto-media"
    BUSINESS_MEDIA = "business-media"
    TECH_MEDIA = "tech-media"
    POLICY_RESEARCH = "policy-research"
    LEGAL_TRANSLATION = "legal-translation"
    INTERNATIONAL = "international"


class Tier(IntEnum):
    """How close a source stands to the text: 1 is the issuing authority itself."""

    AUTHORITY = 1
    STATE_CHANNEL = 2
    REPORTING = 3
    COMMERCIAL = 4
    UNRELIABLE = 5


class Method(StrEnum):
    """How a list of new items is read."""

    FEED = "feed"  # RSS 0.9x–2.0, RDF, Atom or JSON Feed; the parser tells them apart by content
    JSON = "json"  # a JSON answer whose fields are named by `ListFields`
    LISTING = "listing"  # an HTML page that lists articles; `ListFields` holds CSS selectors
    SITEMAP = "sitemap"  # a news sitemap or a plain one; of an index the newest parts are read


class Use(StrEnum):
    """Primary feeds are read at every poll; the others, in order, only when every primary one fails."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFields:
    """Where a list keeps its items and their fields.

    In JSON these are dotted paths (`$[*]` is the top-level array), in HTML CSS selectors inside an item
    (`::attr(x)` at the end for an attribute, `+` in front for the element behind the item). Several, parted
    by `|` in JSON and by a comma in HTML, are tried in order.
    """

    items: str
    title: str = ""  # in HTML "" is the link's own text
    link: str = ""  # JSON: a path, or a template with {field} in it; in HTML "" is the item's first link
    date: str = ""
    summary: str = ""
    content: str = ""  # the whole text, where the list carries it
    id: str = ""
    date_format: str = ""
    inside: str = ""  # HTML in JSON: the path of the markup; JSON in HTML: the selector of the script


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One address that lists what a source publishes."""

    name: str
    url: str
    method: Method = Method.FEED
    use: Use = Use.PRIMARY
    fields: ListFields | None = None
    leads_to: str = ""  # where the list is, when `url` only tells: a template filled from the page at `url`


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """CSS selectors for a site's article pages; an empty one leaves the field to the general extractor."""

    title: str = ""
    body: str = ""
    date: str = ""
    issuer: str = ""
    document_number: str = ""
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publisher that is watched."""

    id: SourceId
    name: str
    homepage: str
    kind: Kind
    tier: Tier
    feeds: tuple[Feed, ...]
    languages: tuple[str, ...] = ("en",)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # of dates that name no zone
    region: str = ""
    tags: tuple[str, ...] = ()
    selectors: Selectors = field(default_factory=Selectors)
    every: timedelta = timedelta(minutes=15)
    rhythm: timedelta | None = None  # how often it usually publishes; None: learned from its dates
    delay: timedelta = timedelta(seconds=2)  # least gap between two requests to the site
    fetch_pages: bool = True  # False: judge from the feed's own text
    verify_tls: bool = True
    browser: bool = False  # True: its pages and HTML lists are filled by scripts, so a browser fetches them


# ── what arrives ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed or list claims about one item. Text is plain (markup removed), times are aware UTC."""

    source_id: SourceId
    title: str
    link: str  # absolute, as published; "" when the item has none
    guid: str = ""
    summary: str = ""
    content: str = ""  # full text as plain text when the feed carries it
    published_at: datetime | None = None
    day_only: bool = (
        False  # the date had no clock time: published_at is that day's midnight in the source's zone
    )
    language: str = ""


class BodyFrom(StrEnum):
    """Where an article's text was taken from."""

    PAGE = "page"
    FEED = "feed"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One report as the service keeps it: the entry's claims completed by its page."""

    source_id: SourceId
    title: str
    url: str  # as published, for the reader to open
    canonical_url: str  # for comparison: no tracking parameters, no fragment; "" when there is no link
    seen_at: datetime
    summary: str = ""
    body: str = ""
    body_from: BodyFrom = BodyFrom.NOWHERE
    language: str = ""  # "en", "zh", or another ISO 639-1 code; "" when undecided
    published_at: datetime | None = None
    day_only: bool = False
    issuer: str = ""
    document_number: str = ""
    problem: str = ""  # why the page could not be used, in words; "" when all is well


# ── how it is judged ──


class Topic(StrEnum):
    """The fourteen topics of Chinese digital-economy policy."""

    ECNY = "ecny"
    CRYPTO = "crypto"
    BLOCKCHAIN = "blockchain"
    DATA = "data"
    AI = "ai"
    PLATFORM = "platform"
    CONTENT = "content"
    CYBER = "cyber"
    FINTECH = "fintech"
    INFRA = "infra"
    CHIPS = "chips"
    TRADE = "trade"
    GOV = "gov"
    STRATEGY = "strategy"


class Priority(StrEnum):
    """How urgent a relevant report is."""

    BREAKING = "breaking"
    NORMAL = "normal"
    LOW = "low"


class Authority(StrEnum):
    """The highest authority whose act a report is about."""

    PARTY = "party"
    CENTRAL = "central"
    MINISTRY = "ministry"
    COURT = "court"
    LOCAL = "local"
    NONE = "none"


class Doctype(StrEnum):
    """The kind of document or act a relevant report tells of."""

    LAW = "law"
    DRAFT = "draft"  # for comment, or under review
    MEASURES = "measures"  # binding rules, provisions, standards
    NOTICE = "notice"  # orders, circulars, warnings, formal statements
    PLAN = "plan"  # plans, opinions, guidelines, action programmes, funds
    SPEECH = "speech"  # speeches, instructions, meetings
    ENFORCEMENT = "enforcement"  # fines, probes, reviews, removals, summons, campaigns, cases
    PILOT = "pilot"  # pilots, licences, launches by the state
    STATISTICS = "statistics"
    COMMENTARY = "commentary"  # analysis, opinion, proposals of single deputies
    OTHER = "other"


class Field(StrEnum):
    """The parts of a report that rules look at."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSet:
    """A named list of terms that rules refer to as `@name`."""

    name: str
    terms: tuple[str, ...]


# A query in the rule language, or a plain list of terms, which means "any of these".
Query = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One weighted rule, as written.

    It fires where `query` holds, `needs` holds in the same report and `unless` does not. A rule without a
    topic adjusts score or priority only: a negative weight dampens, weight 0 with a priority marks urgency.
    """

    id: RuleId
    query: Query
    topic: Topic | None = None
    weight: float = 1.0
    needs: Query = ()
    unless: Query = ()  # acts in this rule only
    priority: Priority | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Everything that decides relevance, as one value."""

    rules: tuple[Rule, ...]
    sets: tuple[TermSet, ...] = ()
    threshold: float = 3.0
    model: Relevance | None = None  # the learned part; None: the rules alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Evidence: a term found in a field, with offsets into the original text."""

    term: str
    field: Field
    start: int
    end: int
    text: str  # the original characters, text == field_text[start:end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that fired: what it added to the score, and on what evidence."""

    rule: RuleId
    topic: Topic | None
    points: float
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a report concerns Chinese digital-economy policy, and why."""

    relevant: bool
    score: float
    threshold: float
    topics: tuple[Topic, ...]  # the first is the main one; empty when not relevant
    authority: Authority
    priority: Priority
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()  # in words: rules that nearly fired, what silenced them, what moved the score
    rules_version: str = ""
    doctype: Doctype = Doctype.OTHER
    share: Share | None = None  # what the learned model added to the score; None: it had no say

    def reasons(self) -> tuple[str, ...]:
        """Say in words, one line each, what decided the score."""
        lines = [_hit_in_words(hit) for hit in self.hits]
        if self.share:
            lines.append(self.share.in_words())
        total = f"score {self.score:g} {'reaches' if self.relevant else 'is below'} {self.threshold:g}"
        return (*lines, *self.notes, total)


def _hit_in_words(hit: Hit) -> str:
    evidence = dict.fromkeys(f"“{match.text}” in {match.field}" for match in hit.matches)
    shown = list(evidence)[:4]
    more = f" and {len(evidence) - len(shown)} more" if len(evidence) > len(shown) else ""
    topic = f" ({hit.topic})" if hit.topic else ""
    return f"{hit.rule}{topic} {hit.points:+g}: {', '.join(shown)}{more}"


# ── what it belongs to, and what is done about it ──


class Standing(StrEnum):
    """How far a story is established; the best report decides, a denial stands above all."""

    UNCONFIRMED = "unconfirmed"  # told by unreliable sources only
    REPORTED = "reported"
    CONFIRMED = "confirmed"  # the primary text was seen
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event, as told by one or more reports."""

    id: StoryId
    title: str  # of the report that opened it; of a merged one, of the story it went into
    opened_at: datetime
    last_seen_at: datetime
    reports: int = 1
    alerted_at: datetime | None = None
    standing: Standing = Standing.REPORTED
    tier: Tier = Tier.UNRELIABLE  # of its best report
    doctype: Doctype = Doctype.OTHER  # of the furthest stage told
    priority: Priority = Priority.LOW  # of its most urgent relevant report
    muted_at: datetime | None = None  # since when a person wants to hear no more of it
    merged_into: StoryId | None = None  # the story it turned out to be a part of


class Reason(StrEnum):
    """Why an article was or was not alerted; every article has exactly one."""

    NEW_STORY = "new-story"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    CORRECTED = "corrected"
    NEW_STAGE = "new-stage"
    HIGHER_TIER = "higher-tier"
    CONTRADICTED = "contradicted"
    MORE_URGENT = "more-urgent"
    QUIET_HOURS = "quiet-hours"
    DIGEST = "digest"
    DAILY_CAP = "daily-cap"
    NOT_RELEVANT = "not-relevant"
    MUTED = "muted"
    RUMOUR = "rumour"
    RECIRCULATED = "recirculated"
    ALREADY_ALERTED = "already-alerted"
    BACKLOG = "backlog"
    TOO_OLD = "too-old"
    NO_CHAT = "no-chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What one chat is owed: a message of its own now, or a place in the message of a later time."""

    chat: ChatName
    gather_until: datetime | None = None  # None: at once; else told together with what gathers until then
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Alert: at least one chat at once, others perhaps later."""

    due: tuple[Due, ...]
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Alert, but every chat later."""

    due: tuple[Due, ...]
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Do not alert."""

    reason: Reason
    words: str


Decision = Send | Hold | Skip
