"""config.yaml to one immutable Config; a mistake names its file, line, column and key, and how to mend it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.config.catalog import catalog
from monitor.config.choose import choose
from monitor.config.document import Document, KeyPath, parse_document, read_text
from monitor.config.rulebook import read_rules
from monitor.config.schema import AlertsSection, ChatSection, ConfigSection, RulesSection
from monitor.config.shape import fit
from monitor.config.words import listing, nearest
from monitor.core.model import (
    AlertPolicy,
    Chat,
    ChatName,
    Config,
    Network,
    Priority,
    QuietHours,
    RuleBook,
    Telegram,
)

_CHAT_ID = re.compile(r"-?\d+|@\w{4,}", re.ASCII)


def load(path: Path, env: Mapping[str, str]) -> Config:
    """Read the configuration; `env` gives the values of $NAMEs. Raises ConfigError."""
    return parse(read_text(path), str(path), env)


def load_rules(path: Path) -> RuleBook:
    """Read only the rules of a configuration, for work without chats and sources. Raises ConfigError."""
    document = parse_document(read_text(path), str(path))
    if not isinstance(document.values, dict) or "rules" not in document.values:
        raise document.mistake(("rules",), "is missing", "add “rules:” with a list of rules")
    return read_rules(fit(RulesSection, document, ("rules",)), document)


def parse(text: str, name: str, env: Mapping[str, str]) -> Config:
    """A configuration's text as one value; mistakes point at the file `name`. Raises ConfigError."""
    document = parse_document(text, name)
    section = fit(ConfigSection, document)
    chats = _chats(section.chats, document, env)
    operator = _operator(section.operator, chats, document)
    sources = choose(section.sources, document, catalog())
    policy = _policy(section.alerts, section.timezone or ZoneInfo("UTC"), document)
    book = read_rules(section.rules, document)  # last: compiling takes longest
    return Config(
        chats=chats,
        operator=operator,
        rules=book,
        sources=sources,
        alerts=policy,
        network=Network(contact=section.network.contact, trusted=section.network.trusted),
        telegram=Telegram(api_url=section.telegram.api_url.rstrip("/")),
        rules_version=rules_version(book),
    )


def rules_version(book: RuleBook) -> str:
    """Twelve hex digits that change with anything that can change a verdict."""
    return hashlib.sha256(repr(book).encode()).hexdigest()[:12]


# ── chats ──


def _chats(sections: Sequence[ChatSection], document: Document, env: Mapping[str, str]) -> tuple[Chat, ...]:
    if not sections:
        raise document.mistake(("chats",), "is empty", "write at least one chat with name and id")
    names: set[str] = set()
    chats = []
    for index, section in enumerate(sections):
        path: KeyPath = ("chats", index)
        if section.name in names:
            problem = f"two chats have the name “{section.name}”"
            raise document.mistake((*path, "name"), problem, "choose another name")
        names.add(section.name)
        chats.append(_chat(section, document, path, env))
    return tuple(chats)


def _chat(section: ChatSection, document: Document, path: KeyPath, env: Mapping[str, str]) -> Chat:
    return Chat(
        name=ChatName(section.name),
        id=_chat_id(section.id, document, (*path, "id"), env),
        topics=section.topics,
        at_least=section.at_least or Priority.LOW,
    )


def _chat_id(written: str, document: Document, path: KeyPath, env: Mapping[str, str]) -> str:
    if not written.startswith("$"):
        return written
    name = written.removeprefix("$")
    value = env.get(name, "").strip()
    if not value and env.get("TELEGRAM_BOT_TOKEN"):
        raise document.mistake(
            path, f"{name} is not set", f"set {name} in the environment or in .env, or write the id here"
        )
    if value and not _CHAT_ID.fullmatch(value):
        raise document.mistake(
            path, f"{name} does not hold a chat id", "set it to the number, or to @channel"
        )
    return value


def _operator(name: str, chats: Sequence[Chat], document: Document) -> ChatName | None:
    if not name:
        return None
    known = [chat.name for chat in chats]
    if name not in known:
        mend = nearest(name, known) or f"known are {listing(known)}"
        raise document.mistake(("operator",), f"there is no chat “{name}”", mend)
    return ChatName(name)


# ── policy ──


def _policy(section: AlertsSection, zone: ZoneInfo, document: Document) -> AlertPolicy:
    ages: dict[str, timedelta] = {
        name: value
        for name in ("first_sight_max_age", "max_age", "story_window")
        if (value := getattr(section, name)) is not None
    }
    return AlertPolicy(**ages, quiet=_quiet(section, document), timezone=zone)


def _quiet(section: AlertsSection, document: Document) -> QuietHours | None:
    hours = section.quiet_hours
    if hours is None:
        return None
    if hours.start == hours.end:
        problem = "quiet hours begin and end at the same time"
        raise document.mistake(("alerts", "quiet_hours"), problem, "remove them, or change one of the times")
    return QuietHours(start=hours.start, end=hours.end)
