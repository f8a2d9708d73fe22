"""The nouns, in the order an article meets them. Read this first.

Every type is frozen, slotted and keyword-only; collections are tuples; times are aware UTC. Change a value
with `dataclasses.replace`. YAML, rows, Scrapy items and Telegram objects become these where they enter.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of a story, as far as a message names it."""

    source_name: str
    source_tier: Tier
    title: str
    url: str
    seen_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that is due, with everything a message needs; the story and its reports as they are now."""

    id: AlertId
    story: Story
    article: Article
    verdict: Verdict
    source_name: str
    source_tier: Tier
    reason: Reason
    decided_at: datetime
    words: str = ""  # of the decision: what is new, for a follow-up
    reports: tuple[Report, ...] = ()  # of the story, oldest first, at most the first ten


class DeliveryKind(StrEnum):
    """What sort of message a delivery is."""

    ALERT = "alert"  # the first message about a story
    FOLLOW_UP = "follow-up"  # a reply to it: confirmed, denied, corrected …
    EDIT = "edit"  # that first message brought up to date in place
    DIGEST = "digest"  # many alerts in one message
    NOTICE = "notice"  # plain words for the operator


class DeliveryState(StrEnum):
    """Where a delivery stands; `sent`, `folded`, `merged`, `muted` and `dead` are final."""

    GATHERED = "gathered"  # waits for a digest
    FOLDED = "folded"  # told in a digest
    QUEUED = "queued"
    CLAIMED = "claimed"
    WAITING = "waiting"
    UNSURE = "unsure"
    SENT = "sent"
    PARKED = "parked"
    MERGED = "merged"  # told by the story its own went into
    MUTED = "muted"  # a person put a stop to it before it was told
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one chat."""

    id: DeliveryId
    key: str  # unique per chat: "story:17", "story:17:confirmed", "edit:17", "digest:…", "notice:…"
    chat: ChatName
    state: DeliveryState
    queued_at: datetime
    kind: DeliveryKind = DeliveryKind.ALERT
    alert: Alert | None = None  # of an alert, a follow-up or an edit
    gathered: tuple[Alert, ...] = ()  # of a digest, the most urgent and newest first
    notice: str = ""  # plain words for the operator; of a digest: its heading
    silent: bool = False
    first_message_id: int | None = None  # of the story's first message here: edited, or replied to
    last_known_id: int | None = None  # newest message id known of the chat when this was claimed
    revision: int = 0  # grows with each change of an edit; what was sent is settled for its revision only
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    maybe_sent: bool = False  # an earlier attempt may have arrived
    doubts: int = (
        0  # sends of it whose answer was lost, since something was proved or a person resumed the chat
    )
    proved_absent: bool = False  # reading back found no earlier attempt; one may have hidden behind a gap
    waits_since: datetime | None = None  # when `not_before` was decided
    message_id: int | None = None
    why: str = ""  # the last trouble, in words
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: Telegram HTML, and the same in plain text should the markup be refused."""

    html: str
    plain: str
    silent: bool = False
    key: str = ""  # the same for every try to deliver it, for channels whose readers drop repeats
    buttons: tuple[tuple["Button", ...], ...] = ()  # rows of buttons below the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button below a message."""

    label: str
    press: str  # what comes back when it is pressed, at most 64 bytes: "useful:17"


# ── what the service remembers of a source ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """What makes the next request for a feed conditional."""

    url: str
    etag: str = ""
    last_modified: str = ""


class Cause(StrEnum):
    """What keeps a source from being read, or from telling anything new."""

    DNS = "dns"  # the name cannot be resolved, or resolves to a refused address
    TLS = "tls"
    REFUSED = "refused"  # nobody listens there, or the address guard refuses it
    TIMEOUT = "timeout"
    CUT_OFF = "cut-off"  # the connection broke, or the answer was larger than allowed
    ROBOTS = "robots"  # robots.txt forbids it
    FORBIDDEN = "403"
    COOKIE_WALL = "412"
    PATIENCE = "429"
    GONE = "gone"  # 404, 410, or it redirects in a circle
    SERVER = "5xx"
    ANSWER = "other-answer"  # any other status
    BLOCK_PAGE = "block-page"  # a 验证码 or challenge page in place of the list
    JS_SHELL = "js-shell"  # a page whose words are put in by a script
    NO_BROWSER = "no-browser"  # it needs a browser, and there is none here
    EMPTY = "empty"
    LAYOUT = "layout-changed"  # the list's selectors or paths find nothing
    UNREADABLE = "unreadable"
    NO_DATES = "no-dates"  # none of its dates can be read
    FROZEN = "frozen"  # answers, but has told nothing new for much longer than usual
    OURS = "own-error"  # it was read, but could not be taken in


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """How one list of a source fared of late."""

    url: str
    failures: int = 0  # in a row
    last_ok_at: datetime | None = None
    problem: str = ""  # of the last time it was asked for
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOwed:
    """An entry that is not kept yet: its page failed for a reason that passes, and will be tried again."""

    entry: Entry
    keys: frozenset[str]
    first_sight: bool
    seen_at: datetime
    tries: int  # that failed
    next_try_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source's polling memory."""

    source_id: SourceId
    next_poll_at: datetime
    first_polled_at: datetime | None = None  # None until a first poll has been taken in whole
    last_polled_at: datetime | None = None
    last_ok_at: datetime | None = None
    newest_item_at: datetime | None = None
    newest_taken_at: datetime | None = None  # when an entry not seen before was last taken in
    failures: int = 0  # in a row
    problem: str = ""  # of the last poll; "" when it went well
    delay: float = 0.0  # seconds between requests as learned from the site; 0 means not learned yet
    validators: tuple[Validator, ...] = ()
    lists: tuple[ListState, ...] = ()
    cause: Cause | None = None  # of the last poll's problem
    gap: timedelta | None = None  # between two of its items, as learned; in working time
    broken_since: datetime | None = None  # when it was first judged broken; None while it is not
    told_broken: bool = False  # what the operator was told last: that it broke, or that it works
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsText:
    """A site's robots.txt as last read."""

    origin: str  # scheme://host[:port]
    text: str
    status: int
    fetched_at: datetime


# ── what the user decides ──


class Channel(StrEnum):
    """By which way messages reach a chat."""

    TELEGRAM = "telegram"
    WEBHOOK = "webhook"  # a signed POST to the address
    APPRISE = "apprise"  # one of the services of the apprise library


class Template(StrEnum):
    """How much an alert says."""

    BRIEF = "brief"
    FULL = "full"


class Every(StrEnum):
    """How often a digest is sent."""

    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """When what was gathered for a chat is told."""

    every: Every
    at: time = time(8, 0)  # of a daily one, in the desk's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A place where alerts go."""

    name: ChatName
    id: str  # "-1001234567890", "@channel" or an address; "" when the environment does not give it
    channel: Channel = Channel.TELEGRAM
    thread: int | None = None  # topic of a forum
    secret: str = ""  # signs a webhook's messages
    topics: tuple[Topic, ...] = tuple(Topic)
    rules: tuple[RuleId, ...] = ()  # alerts of these rules come here whatever their topics
    at_least: Priority = Priority.LOW
    instant: Priority = Priority.LOW  # what is less urgent waits for the digest, if there is one
    loud: Priority = Priority.LOW  # what is less urgent makes no sound
    digest: DigestPlan | None = None
    daily_cap: int | None = None  # alerts a day; what comes above it waits for the digest
    template: Template = Template.FULL
    language: str = "en"  # of labels: en or zh


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
    rumours: bool = False  # True: stories told by unreliable sources only alert, too
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
class BotRights:
    """Who may speak with the bot, by Telegram user id."""

    owners: tuple[int, ...] = ()  # may change rules, mute and ask
    readers: tuple[int, ...] = ()  # may ask


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
    bot: BotRights = field(default_factory=BotRights)
    rules_version: str  # short digest of everything that can change a verdict
