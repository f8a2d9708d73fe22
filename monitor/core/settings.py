"""What the user decides: chats, alert policy, network; the whole configuration as one value."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from monitor.core.model import ChatName, Priority, RuleBook, RuleId, Source, Topic


class Channel(StrEnum):
    """By which way messages reach a chat."""

    TELEGRAM = "telegram"
    WEBHOOK = "webhook"  # a signed POST to the address
    APPRISE = "apprise"  # one of the services of the apprise library


class Template(StrEnum):
    """How much an alert says."""

    BRIEF = "brief"
    FULL = "full"


class Addition(StrEnum):
    """What a language model adds to a message that was sent."""

    TRANSLATION = "translation"  # of headline and summary into the chat's language
    ABSTRACT = "abstract"  # two sentences in the chat's language


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
    machine: Addition | None = None  # what a language model adds, in this language


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
class LanguageModel:
    """Who writes machine-made texts: an endpoint that speaks the OpenAI protocol."""

    api_url: str  # where "chat/completions" is, like https://api.deepseek.com/v1
    model: str
    key: str = field(default="", repr=False)  # "" for a server that asks for none
    daily_cap: int = 200  # requests a day, in the desk's zone


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
    llm: LanguageModel | None = None
    rules_version: str  # short digest of everything that can change a verdict
