"""The nouns, in the order an article meets them. Read this first.

Every type is frozen, slotted and keyword-only; collections are tuples; times are aware UTC. Change a value
with `dataclasses.replace`. YAML, rows, Scrapy items and Telegram objects become these where they enter.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

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
    JSON = "json"  # a static JSON file whose fields are named by `ListFields`


class Use(StrEnum):
    """Primary feeds are read at every poll; the others, in order, only when every primary one fails."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFields:
    """Where a JSON list keeps its items and their fields, as dotted paths (`$[*]` is the top-level array)."""

    items: str
    title: str
    link: str  # a path, or a template with {field} in it
    date: str = ""
    summary: str = ""
    id: str = ""
    date_format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One address that lists what a source publishes."""

    name: str
    url: str
    method: Method = Method.FEED
    use: Use = Use.PRIMARY
    fields: ListFields | None = None


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
    delay: timedelta = timedelta(seconds=2)  # least gap between two requests to the site
    fetch_pages: bool = True  # False: judge from the feed's own text
    verify_tls: bool = True


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

    def reasons(self) -> tuple[str, ...]:
        """Say in words, one line each, what decided the score."""
        lines = [_hit_in_words(hit) for hit in self.hits]
        total = f"score {self.score:g} {'reaches' if self.relevant else 'is below'} {self.threshold:g}"
        return (*lines, *self.notes, total)


def _hit_in_words(hit: Hit) -> str:
    evidence = dict.fromkeys(f"“{match.text}” in {match.field}" for match in hit.matches)
    shown = list(evidence)[:4]
    more = f" and {len(evidence) - len(shown)} more" if len(evidence) > len(shown) else ""
    topic = f" ({hit.topic})" if hit.topic else ""
    return f"{hit.rule}{topic} {hit.points:+g}: {', '.join(shown)}{more}"


# ── what it belongs to, and what is done about it ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What two reports of one event share: looked up by bands, compared by shingles."""

    bands: tuple[int, ...]  # signed 64-bit; two reports that share one are compared
    shingles: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event, as told by one or more reports."""

    id: StoryId
    title: str  # of the report that opened it
    opened_at: datetime
    last_seen_at: datetime
    reports: int = 1
    alerted_at: datetime | None = None


class Reason(StrEnum):
    """Why an article was or was not alerted; every article has exactly one."""

    NEW_STORY = "new-story"
    QUIET_HOURS = "quiet-hours"
    NOT_RELEVANT = "not-relevant"
    ALREADY_ALERTED = "already-alerted"
    BACKLOG = "backlog"
    TOO_OLD = "too-old"
    NO_CHAT = "no-chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Alert these chats now."""

    chats: tuple[ChatName, ...]
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Alert these chats, but not before `until`."""

    chats: tuple[ChatName, ...]
    until: datetime
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Do not alert."""

    reason: Reason
    words: str


Decision = Send | Hold | Skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that is due, with everything a message needs."""

    id: AlertId
    story: Story
    article: Article
    verdict: Verdict
    source_name: str
    source_tier: Tier
    reason: Reason
    decided_at: datetime


class DeliveryState(StrEnum):
    """Where a delivery stands; `sent` and `dead` are final."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    WAITING = "waiting"
    UNSURE = "unsure"
    SENT = "sent"
    PARKED = "parked"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one chat: an alert, or a notice to the operator."""

    id: DeliveryId
    key: str  # unique per chat: "story:17", or "notice:…"
    chat: ChatName
    state: DeliveryState
    queued_at: datetime
    alert: Alert | None = None
    notice: str = ""  # plain words for the operator, when there is no alert
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    maybe_sent: bool = False  # an earlier attempt may have arrived
    message_id: int | None = None
    why: str = ""  # the last trouble, in words
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: Telegram HTML, and the same in plain text should the markup be refused."""

    html: str
    plain: str
    silent: bool = False


# ── what the service remembers of a source ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """What makes the next request for a feed conditional."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source's polling memory."""

    source_id: SourceId
    next_poll_at: datetime
    first_polled_at: datetime | None = None  # None until a first poll has been taken in whole
    last_polled_at: datetime | None = None
    last_ok_at: datetime | None = None
    newest_item_at: datetime | None = None
    failures: int = 0  # in a row
    problem: str = ""  # of the last poll; "" when it went well
    delay: float = 0.0  # seconds between requests as learned from the site; 0 means not learned yet
    validators: tuple[Validator, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsText:
    """A site's robots.txt as last read."""

    origin: str  # scheme://host[:port]
    text: str
    status: int
    fetched_at: datetime


# ── what the user decides ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A place where alerts go."""

    name: ChatName
    id: str  # "-1001234567890" or "@channel"; "" when the environment does not give it (console only)
    topics: tuple[Topic, ...] = ()  # empty: all
    at_least: Priority = Priority.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A daily span in the desk's zone during which alerts are held; breaking ones pass."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """When a relevant report becomes a message."""

    first_sight_max_age: timedelta = timedelta(hours=24)
    max_age: timedelta = timedelta(days=7)
    story_window: timedelta = timedelta(days=4)
    quiet: QuietHours | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # the desk's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the service presents itself and whom it trusts."""

    contact: str = ""  # mail or page named in the User-Agent
    trusted: tuple[str, ...] = ()  # exact host:port origins the address guard lets through


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """Which Bot API server is spoken to."""

    api_url: str = "https://api.telegram.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a person configured, as one immutable value that is replaced whole."""

    chats: tuple[Chat, ...]
    operator: ChatName | None
    rules: RuleBook
    sources: tuple[Source, ...]
    alerts: AlertPolicy
    network: Network
    telegram: Telegram
    rules_version: str  # short digest of everything that can change a verdict
