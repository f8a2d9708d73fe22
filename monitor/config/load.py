"""config.yaml to one immutable Config; a mistake names its file, line, column and key, and how to mend it."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.config.catalog import catalog
from monitor.config.chats import known_chat, read_chats, secret_of
from monitor.config.choose import choose
from monitor.config.document import Document, parse_document, read_text
from monitor.config.rulebook import read_rules
from monitor.config.schema import AlertsSection, ConfigSection, RulesSection
from monitor.config.shape import fit
from monitor.core.model import RuleBook
from monitor.core.settings import AlertPolicy, BotRights, Config, LanguageModel, Network, QuietHours, Telegram


def load(path: Path, env: Mapping[str, str]) -> Config:
    """Read the configuration; `env` gives the values of $NAMEs. Raises ConfigError."""
    return parse(read_text(path), str(path), env)


def load_rules(path: Path) -> RuleBook:
    """Read only the rules of a configuration, for work without chats and sources. Raises ConfigError."""
    document = _rules_document(path)
    return read_rules(fit(RulesSection, document, ("rules",)), document)


def load_rules_alone(path: Path) -> RuleBook:
    """The same without the learned part, which is not even read. Raises ConfigError."""
    document = _rules_document(path)
    section = fit(RulesSection, document, ("rules",))
    return read_rules(section.model_copy(update={"model": "off"}), document)


def _rules_document(path: Path) -> Document:
    document = parse_document(read_text(path), str(path))
    if not isinstance(document.values, dict) or "rules" not in document.values:
        raise document.mistake(("rules",), "is missing", "add “rules:” with a list of rules")
    return document


def parse(text: str, name: str, env: Mapping[str, str]) -> Config:
    """A configuration's text as one value; mistakes point at the file `name`. Raises ConfigError."""
    document = parse_document(text, name)
    section = fit(ConfigSection, document)
    chats = read_chats(section.chats, section.rules.list, document, env)
    names = [chat.name for chat in chats]
    operator = known_chat(section.operator, names, document, ("operator",)) if section.operator else None
    sources = choose(section.sources, document, catalog())
    llm = _language_model(section, document, env)
    policy = _policy(section.alerts, section.timezone or ZoneInfo("UTC"), document)
    book = read_rules(section.rules, document)  # last: compiling takes longest
    return Config(
        chats=chats,
        operator=operator,
        rules=book,
        sources=sources,
        alerts=policy,
        network=Network(contact=section.network.contact, trusted=section.network.trusted),
        bot=BotRights(owners=section.bot.owners, readers=section.bot.readers),
        telegram=Telegram(api_url=section.telegram.api_url.rstrip("/")),
        llm=llm,
        rules_version=rules_version(book),
    )


def rules_version(book: RuleBook) -> str:
    """Twelve hex digits that change with anything that can change a verdict."""
    return hashlib.sha256(repr(book).encode()).hexdigest()[:12]


# ── the language model ──


def _language_model(
    section: ConfigSection, document: Document, env: Mapping[str, str]
) -> LanguageModel | None:
    if section.llm is None:
        for number, chat in enumerate(section.chats):
            if chat.machine is not None:
                problem = "no language model is named that could write it"
                mend = "add “llm:” with api_url and model"
                raise document.mistake(("chats", number, "machine"), problem, mend)
        return None
    return LanguageModel(
        api_url=section.llm.api_url.rstrip("/"),
        model=section.llm.model,
        key=secret_of(section.llm.key, document, ("llm", "key"), env),
        daily_cap=section.llm.daily_cap,
    )


# ── policy ──


def _policy(section: AlertsSection, zone: ZoneInfo, document: Document) -> AlertPolicy:
    ages: dict[str, timedelta] = {
        name: value
        for name in ("first_sight_max_age", "max_age", "story_window")
        if (value := getattr(section, name)) is not None
    }
    return AlertPolicy(**ages, quiet=_quiet(section, document), rumours=section.rumours, timezone=zone)


def _quiet(section: AlertsSection, document: Document) -> QuietHours | None:
    hours = section.quiet_hours
    if hours is None:
        return None
    if hours.start == hours.end:
        problem = "quiet hours begin and end at the same time"
        raise document.mistake(("alerts", "quiet_hours"), problem, "remove them, or change one of the times")
    return QuietHours(start=hours.start, end=hours.end)
