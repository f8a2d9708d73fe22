"""The keys of config.yaml and of the catalogue, what they mean, and the JSON Schema that editors read."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from monitor.config.fields import (
    Address,
    ChatId,
    Clock,
    Digest,
    Identifier,
    Interval,
    LearnedPart,
    Number,
    OneAddition,
    OneChannel,
    OneKind,
    OneLanguage,
    OneMethod,
    OnePriority,
    OneTemplate,
    OneTier,
    OneTopic,
    OneUse,
    Origin,
    Phrase,
    Secret,
    Span,
    Terms,
    UserId,
    Zone,
)

Texts = tuple[StrictStr, ...]


class Section(BaseModel):
    """A group of keys; others than these are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


# ── sources ──


class FieldsSection(Section):
    """Where a list keeps its items and their fields: dotted paths in JSON, CSS selectors in HTML."""

    items: StrictStr
    """JSON: path of the list, like data.rows[*]; $[*] when the file is the list itself. HTML: the items."""
    title: StrictStr = ""
    """The headline in an item; HTML: default the text of the link."""
    link: StrictStr = ""
    """JSON: path of the address, or an address with {field} in it. HTML: default the item's first link."""
    date: StrictStr = ""
    """The date in an item; HTML: default the words beside the link, then the address."""
    summary: StrictStr = ""
    """The summary in an item."""
    content: StrictStr = ""
    """The whole text of the article, where the list carries it."""
    id: StrictStr = ""
    """A lasting id in an item."""
    date_format: StrictStr = ""
    """How the date is written, for people: YYYY-MM-DD."""
    inside: StrictStr = ""
    """HTML inside a JSON answer: its path. JSON inside a page: the CSS selector of the script element."""


class FeedSection(Section):
    """One address that lists what the source publishes."""

    name: Identifier = "feed"
    """Short name of this address."""
    url: Address
    """The address."""
    method: OneMethod | None = None
    """feed (RSS, Atom, RDF, JSON Feed; the default), json, listing (HTML) or sitemap."""
    use: OneUse | None = None
    """primary (read at every poll), secondary or fallback (only when every primary one fails)."""
    fields: FieldsSection | None = None
    """For json and listing: where the list keeps its items."""
    leads_to: StrictStr = ""
    """When url only tells where the list is: the address, with {CSS selector::attr(name)} in it."""


class SelectorsSection(Section):
    """CSS selectors of the site's article pages; what is left out is found by the general extractor."""

    title: StrictStr = ""
    """The headline."""
    body: StrictStr = ""
    """The text of the article."""
    date: StrictStr = ""
    """The date of publication."""
    issuer: StrictStr = ""
    """The authority that issued the document."""
    document_number: StrictStr = ""
    """The number of the document."""
    remove: Texts = ()
    """Parts of the body that are not text of the article."""


class OverrideSection(Section):
    """What to change in a source of the catalogue; keys left out stay as shipped."""

    name: StrictStr = ""
    """Name shown in alerts."""
    url: Address = ""
    """The feed's address; short for feeds with one entry."""
    feeds: tuple[FeedSection, ...] = ()
    """The addresses that are read, when there are several or one needs more than its url."""
    homepage: Address = ""
    """The publisher's front page."""
    kind: OneKind | None = None
    """What sort of publisher it is."""
    tier: OneTier | None = None
    """How near it is to the text: 1 issues it, 2 state channel, 3 reporting, 4 commercial, 5 unreliable."""
    language: StrictStr = ""
    """Language of its texts (en, zh); short for languages with one entry."""
    languages: Texts = ()
    """Languages of its texts."""
    timezone: Zone | None = None
    """Zone of dates that name none."""
    region: StrictStr = ""
    """Where the publisher sits: CN, HK, INT."""
    tags: Texts = ()
    """Words to choose this source by."""
    selectors: SelectorsSection | None = None
    """CSS selectors of its article pages."""
    every: Interval | None = None
    """Time between two polls."""
    rhythm: Span | None = None
    """How often it usually publishes, like 1d; three times as long silent is a fault. Default: learned."""
    delay: Span | None = None
    """Least time between two requests to the site."""
    fetch_pages: StrictBool | None = None
    """false: judge by the feed's own text, never open the article page."""
    verify_tls: StrictBool | None = None
    """false: accept a certificate that does not verify (some old state sites)."""
    browser: StrictBool | None = None
    """true: fetch its pages and HTML lists through a headless Chromium, because scripts fill them."""


class SourceSection(OverrideSection):
    """A source of your own: an id and a url are enough."""

    id: Identifier
    """Short lasting name without spaces; what is known of the source is kept under it."""


class SourcesSection(Section):
    """What is watched: chosen from the shipped catalogue, and sources of your own."""

    use: Texts = ()
    """Ids or tags of the catalogue, kind:NAME or tier:N; `policywire sources list` shows them."""
    skip: Texts = ()
    """The same words, to leave out again."""
    every: Interval | None = None
    """Time between two polls for all sources that have no override; default: as the catalogue says."""
    add: tuple[SourceSection, ...] = ()
    """Sources of your own."""
    override: dict[str, OverrideSection] = Field(default_factory=dict)
    """By source id: what to change in a source of the catalogue."""


# ── alerts ──


class ChatSection(Section):
    """A place where alerts go."""

    name: Identifier
    """Your name for the chat."""
    id: ChatId
    """Telegram's number, "@channel", or $NAME to read it from the environment or .env."""
    channel: OneChannel | None = None
    """telegram (the default), webhook (a signed POST to the address in id) or apprise (its address in id)."""
    thread: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Number of the forum topic in the group."""
    secret: Secret = ""
    """For a webhook: $NAME of the variable that holds the secret its messages are signed with."""
    topics: tuple[OneTopic, ...] | None = None
    """Only these topics; default: all. [] takes only alerts of rules that name this chat."""
    at_least: OnePriority | None = None
    """Only alerts of this priority or above: low (the default), normal, breaking."""
    instant: OnePriority | None = None
    """Alerts of this priority or above come at once, the others in the digest; default: all at once."""
    digest: Digest | None = None
    """When the others come: hourly, or the time of a daily digest in the desk's zone, like "08:00"."""
    loud: OnePriority | None = None
    """Alerts below this priority make no sound; default: all do."""
    daily_cap: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Most alerts a day; what comes above it, breaking ones apart, waits for the digest."""
    template: OneTemplate | None = None
    """full (the default) or brief: headline, source and why."""
    language: OneLanguage | None = None
    """Language of labels: en (the default) or zh."""
    machine: OneAddition | None = None
    """What a language model (section llm) adds to a sent alert: translation or abstract, in `language`."""


class QuietSection(Section):
    """A daily span, in the desk's zone, in which alerts wait; breaking ones pass."""

    start: Annotated[Clock, Field(alias="from")]
    """When it begins."""
    end: Annotated[Clock, Field(alias="to")]
    """When it ends; may be on the next morning."""


class AlertsSection(Section):
    """When a relevant report becomes a message."""

    first_sight_max_age: Span | None = None
    """A source seen for the first time alerts nothing older than this; default 24h."""
    max_age: Span | None = None
    """No source alerts anything older than this; default 7d."""
    story_window: Span | None = None
    """Reports of one event within this time are one story, alerted once; default 4d."""
    quiet_hours: QuietSection | None = None
    """A daily span in which alerts wait."""
    rumours: StrictBool = False
    """true: stories that only unreliable sources tell alert as well, marked as unconfirmed."""


# ── rules ──


class RuleSection(Section):
    """One weighted rule: it fires where its query or one of its terms is found."""

    id: Identifier
    """Short name; shown with every alert it caused."""
    topic: OneTopic | None = None
    """What the rule is evidence for; without one it adjusts score or priority only."""
    query: StrictStr = ""
    """A query in the rule language (docs/rules.md)."""
    terms: Terms = ()
    """Any of these; @name stands for a set."""
    weight: Number = 1.0
    """What the rule adds to the score; a negative one dampens."""
    needs: Phrase = ()
    """Must hold as well, anywhere in the report."""
    unless: Phrase = ()
    """Silences this rule where it holds."""
    priority: OnePriority | None = None
    """Priority of the alert when the rule fires."""
    chats: Texts = ()
    """Names of chats that get what this rule fires on, whatever topics they take."""
    enabled: StrictBool = True
    """false switches the rule off and keeps it for later."""


class RulesSection(Section):
    """What is relevant."""

    threshold: Number = 3.0
    """Score from which a report is relevant."""
    model: LearnedPart = "off"
    """The learned part: on (the shipped weights), off, or the path of weights from `policywire train`."""
    sets: dict[str, Terms] = Field(default_factory=dict)
    """Named lists of terms: name replaces a shipped set, "+name" adds to it."""
    list: tuple[RuleSection, ...] = ()
    """The rules."""


class NetworkSection(Section):
    """How the service presents itself and whom it trusts."""

    contact: StrictStr = ""
    """Mail address or page of yours, named to the sites that are read."""
    trusted: tuple[Origin, ...] = ()
    """Exact host:port of private addresses that may be fetched; all other private addresses are refused."""


class TelegramSection(Section):
    """Which Bot API server is spoken to; the token belongs in TELEGRAM_BOT_TOKEN."""

    api_url: Address = "https://api.telegram.org"
    """Address of a Bot API server of your own."""


class BotSection(Section):
    """Who may speak with the bot, by Telegram's number of the user; others are refused once and ignored."""

    owners: tuple[UserId, ...] = ()
    """May ask, mute, and change rules."""
    readers: tuple[UserId, ...] = ()
    """May ask."""


class LlmSection(Section):
    """A language model that adds texts to alerts after they were sent; needs the extra llm."""

    api_url: Address
    """Address of an endpoint that speaks the OpenAI protocol, like https://api.deepseek.com/v1."""
    model: Annotated[StrictStr, Field(min_length=1)]
    """Name of the model, as the endpoint calls it."""
    key: Secret = ""
    """$NAME of the variable that holds the endpoint's key; none for a server that asks for none."""
    daily_cap: Annotated[int, Field(strict=True, ge=1)] = 200
    """Most requests a day, in the desk's zone."""


class ConfigSection(Section):
    """policywire's configuration. Docs: docs/configuration.md."""

    timezone: Zone | None = None
    """The desk's time zone, for the times in alerts and for quiet hours; default UTC."""
    chats: Annotated[tuple[ChatSection, ...], Field(json_schema_extra={"minItems": 1})]
    """Where alerts go."""
    operator: StrictStr = ""
    """Name of the chat that hears about the service itself: a refused configuration, a parked chat."""
    sources: SourcesSection = SourcesSection(use=("first-set",))
    """What is watched."""
    alerts: AlertsSection = AlertsSection()
    """When a relevant report becomes a message."""
    bot: BotSection = BotSection()
    """Who may speak with the bot."""
    telegram: TelegramSection = TelegramSection()
    """Which Bot API server is spoken to."""
    llm: LlmSection | None = None
    """A language model that adds texts to alerts after they were sent."""
    network: NetworkSection = NetworkSection()
    """How the service presents itself and whom it trusts."""
    rules: RulesSection
    """What is relevant."""


class CatalogSection(Section):
    """A file of the shipped catalogue: sources of one kind."""

    kind: OneKind
    """What sort of publishers these are."""
    sources: tuple[SourceSection, ...]
    """The sources."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, with a description for every key."""
    schema = _plain(ConfigSection.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policywire config.yaml",
        **schema,
    }


def _plain(part: Any) -> Any:
    """Without "or null", empty defaults and generated titles, which are noise in an editor."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _plain(value) for name, value in part.items() if not _is_noise(name, value)}
    choices = kept.get("anyOf", [])
    if {"type": "null"} in choices and len(choices) == 2:
        del kept["anyOf"]
        kept |= next(choice for choice in choices if choice != {"type": "null"})
    return kept


def _is_noise(name: str, value: Any) -> bool:
    if name == "title":
        return isinstance(value, str)
    return name == "default" and (value is None or value in ("", [], {}) or isinstance(value, dict))
