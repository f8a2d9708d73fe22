"""What a value in config.yaml may look like: time spans, zones, addresses, chats, terms, choices."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from enum import Enum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator
from pydantic import WithJsonSchema as Json
from pydantic_core import PydanticCustomError

from monitor.config.words import listing, nearest
from monitor.core.model import Kind, Method, Priority, Tier, Topic, Use
from monitor.core.settings import Addition, Channel, DigestPlan, Every, Template

_UNITS = {
    "s": "seconds", "sec": "seconds", "second": "seconds", "seconds": "seconds",
    "m": "minutes", "min": "minutes", "minute": "minutes", "minutes": "minutes",
    "h": "hours", "hour": "hours", "hours": "hours",
    "d": "days", "day": "days", "days": "days",
    "w": "weeks", "week": "weeks", "weeks": "weeks",
}  # fmt: skip
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_CHAT_ID = re.compile(r"-?\d+|@[A-Za-z][A-Za-z0-9_]{3,}")
_ORIGIN = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}|\[[0-9A-Fa-f:]+\]:\d{1,5}")
LONGEST_SPAN = timedelta(days=3650)


def mistake(problem: str, mend: str = "") -> PydanticCustomError:
    """A mistake in plain words, for the loader to place."""
    return PydanticCustomError("mistake", "{problem}", {"problem": problem, "mend": mend})


def _text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise mistake(
            f"must be text like {example}, not {kind_of(value)}", f'write it in quotes: "{example}"'
        )
    return value.strip()


def kind_of(value: object) -> str:
    """What a YAML value is, in plain words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    match value:
        case None:
            return "nothing"
        case str():
            return f"the text “{value[:40]}”"
        case int() | float():
            return f"the number {value:g}" if isinstance(value, float) else f"the number {value}"
        case list() | tuple():
            return "a list"
        case _:
            return "a group of keys"


def span(value: object) -> timedelta:
    """'24 hours', '10m' or '1d' as a time span."""
    text = _text(value, "10m")
    found = _DURATION.fullmatch(text)
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise mistake(f"“{text}” is not a time span", "write a number and a unit: 30s, 10m, 24h, 7d")
    amount = float(found[1])
    if amount > LONGEST_SPAN / timedelta(**{unit: 1}):
        raise mistake(f"{text} is longer than ten years", "write a shorter time span")
    return timedelta(**{unit: amount})


def interval(value: object) -> timedelta:
    """A time span between two polls: at least ten seconds."""
    between = span(value)
    if between < timedelta(seconds=10):
        raise mistake(f"{value} is too often for any site", "write 10s or more")
    return between


def clock(value: object) -> time:
    """'23:00' as a time of day."""
    text = _text(value, "23:00")
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise mistake(f"“{text}” is not a time of day", 'write it like "23:00"')
    return time(int(found[1]), int(found[2]))


def zone(value: object) -> ZoneInfo:
    """A name of the IANA time zone database."""
    text = _text(value, "Asia/Shanghai")
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # a directory of the database is an OSError
        raise mistake(
            f"there is no time zone “{text}”", "write it like Asia/Shanghai or Europe/London"
        ) from None


def address(value: object) -> str:
    """An http or https address; a mistake does not quote it, for it may hold a password."""
    text = _text(value, "https://example.org/feed")
    scheme, separator, rest = text.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or rest[:1] in ("", "/", "?", "#"):
        raise mistake("this is not a web address", "write it whole: https://example.org/feed")
    if any(letter.isspace() for letter in text):
        raise mistake("there is a space inside the address", "remove it, or write %20")
    try:
        host, _ = urlsplit(text).hostname, urlsplit(text).port
    except ValueError:
        host = None
    if not host:
        raise mistake("the host or port cannot be read", "write it like https://example.org/feed")
    return text


def identifier(value: object) -> str:
    """A short name without spaces."""
    text = _text(value, "my-feed")
    if not _ID.fullmatch(text):
        raise mistake(f"“{text}” is not a usable name", "use letters, digits, - and _, without spaces")
    return text


def chat_id(value: object) -> str:
    """A Telegram chat (a number, "@channel"), another channel's address, or $NAME of a variable."""
    mend = 'write the number, "@channel", or $TELEGRAM_CHAT_ID to read it from the environment'
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None or value == "":
        raise mistake("the chat has no id", mend)
    text = _text(value, "-1001234567890")
    if not (_CHAT_ID.fullmatch(text) or _VARIABLE.fullmatch(text) or "://" in text):
        raise mistake("this is not a chat id", mend)  # unquoted: it may be a webhook's address
    return text


def secret(value: object) -> str:
    """The name of an environment variable, with its $: a secret itself is refused."""
    text = _text(value, "$WEBHOOK_SECRET")
    if not _VARIABLE.fullmatch(text):
        raise mistake("a secret does not belong into this file", "write $NAME and set NAME in .env")
    return text


def digest(value: object) -> DigestPlan:
    """ "hourly", or the time of day of a daily digest."""
    text = _text(value, "08:00")
    if text == "hourly":
        return DigestPlan(every=Every.HOURLY)
    if not _CLOCK.fullmatch(text):
        raise mistake(f"“{text}” is not a time for a digest", 'write hourly, or a time of day like "08:00"')
    return DigestPlan(every=Every.DAILY, at=clock(text))


def user_id(value: object) -> int:
    """Telegram's number of a user."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        problem = f"must be a user's number, not {kind_of(value)}"
        raise mistake(problem, "the bot tells yours when you write /start to it")
    return value


def language(value: object) -> str:
    """en or zh."""
    if value not in ("en", "zh"):
        raise mistake(f"there are no labels in {kind_of(value)}", "write en or zh")
    return str(value)


def learned_part(value: object) -> str:
    """on, off, or the path of a JSON file."""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = _text(value, "weights.json")
    if text not in ("on", "off") and not text.endswith(".json"):
        raise mistake(f"“{text}” is no learned part", "write on, off, or the path of trained weights (.json)")
    return text


def origin(value: object) -> str:
    """An exact host:port."""
    text = _text(value, "127.0.0.1:8080")
    if not _ORIGIN.fullmatch(text) or int(text.rpartition(":")[2]) > 65535:
        raise mistake(f"“{text}” is not host:port", "write it like 127.0.0.1:8080, without http://")
    return text.lower()


def phrase(value: object) -> str | tuple[str, ...]:
    """A query, or a list of terms."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, list) and value:
        return terms(value)
    raise mistake(
        f"must be a query or a list of terms, not {_empty_or(value)}", "write [term, term] or a query"
    )


def terms(value: object) -> tuple[str, ...]:
    """A list of terms."""
    if not isinstance(value, list):
        raise mistake(
            f"must be a list of terms, not {_empty_or(value)}", "write [term, term] or one “- term” a line"
        )
    if not value:
        raise mistake("the list of terms is empty", "write at least one term, or remove the key")
    for term in value:
        if not isinstance(term, str) or not term.strip():
            raise mistake(f"a term must be text, not {_empty_or(term)}", 'put it in quotes: "2021"')
    return tuple(value)


def _empty_or(value: object) -> str:
    return kind_of(value) if value not in (None, "", []) else "nothing"


E_ = TypeVar("E_", bound=Enum)


def one_of(choices: type[E_]) -> Callable[[object], E_]:
    """Accept the values of an enumeration, and suggest one for anything else."""
    by_value = {member.value: member for member in choices}

    def choose(value: object) -> E_:
        if isinstance(value, str | int) and not isinstance(value, bool) and value in by_value:
            return by_value[value]
        what = choices.__name__.lower()
        shown = [str(known) for known in by_value]
        raise mistake(
            f"there is no {what} {_quoted(value)}", nearest(str(value), shown) or f"one of {listing(shown)}"
        )

    return choose


def _quoted(value: object) -> str:
    return f"“{value[:40]}”" if isinstance(value, str) else kind_of(value)


def _json_text(pattern: str = "", **more: Any) -> Json:
    return Json({"type": "string", **({"pattern": pattern} if pattern else {}), **more})


_SPAN = _json_text(r"^\s*\d+(\.\d+)?\s*[A-Za-z]+\s*$", examples=["10m", "24h", "7d"])
_TERMS: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}

Span = Annotated[timedelta, PlainValidator(span), _SPAN]
Interval = Annotated[timedelta, PlainValidator(interval), _SPAN]
Clock = Annotated[time, PlainValidator(clock), _json_text(r"^([01]?\d|2[0-3]):[0-5]\d$", examples=["23:00"])]
Zone = Annotated[ZoneInfo, PlainValidator(zone), _json_text(examples=["Asia/Shanghai", "UTC"])]
Address = Annotated[str, PlainValidator(address), _json_text("^https?://")]
Identifier = Annotated[str, PlainValidator(identifier), _json_text(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
ChatId = Annotated[str, PlainValidator(chat_id), Json({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
Secret = Annotated[str, PlainValidator(secret), _json_text(r"^\$[A-Za-z_][A-Za-z0-9_]*$")]
Digest = Annotated[
    DigestPlan, PlainValidator(digest), _json_text(r"^(hourly|([01]?\d|2[0-3]):[0-5]\d)$", examples=["08:00"])
]
UserId = Annotated[int, PlainValidator(user_id), Json({"type": "integer", "minimum": 1})]
OneLanguage = Annotated[str, PlainValidator(language), Json({"enum": ["en", "zh"]})]
LearnedPart = Annotated[
    str,
    PlainValidator(learned_part),
    Json({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": r"^(on|off|.*\.json)$"}]}),
]
Origin = Annotated[str, PlainValidator(origin), _json_text(r"^[^/\s]+:\d+$", examples=["127.0.0.1:8080"])]
Phrase = Annotated[
    str | tuple[str, ...],
    PlainValidator(phrase),
    Json({"anyOf": [{"type": "string", "minLength": 1}, _TERMS]}),
]
Terms = Annotated[tuple[str, ...], PlainValidator(terms), Json(_TERMS)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-100, le=100)]


def _values(choices: type[Enum]) -> Json:
    return Json({"enum": [member.value for member in choices]})


OneTopic = Annotated[Topic, PlainValidator(one_of(Topic)), _values(Topic)]
OnePriority = Annotated[Priority, PlainValidator(one_of(Priority)), _values(Priority)]
OneKind = Annotated[Kind, PlainValidator(one_of(Kind)), _values(Kind)]
OneTier = Annotated[Tier, PlainValidator(one_of(Tier)), _values(Tier)]
OneMethod = Annotated[Method, PlainValidator(one_of(Method)), _values(Method)]
OneUse = Annotated[Use, PlainValidator(one_of(Use)), _values(Use)]
OneChannel = Annotated[Channel, PlainValidator(one_of(Channel)), _values(Channel)]
OneAddition = Annotated[Addition, PlainValidator(one_of(Addition)), _values(Addition)]
OneTemplate = Annotated[Template, PlainValidator(one_of(Template)), _values(Template)]
