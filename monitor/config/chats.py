"""The `chats:` section as Chats, with the addresses and secrets that the environment holds."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from monitor.config.document import Document, KeyPath
from monitor.config.schema import ChatSection, RuleSection
from monitor.config.words import listing, nearest
from monitor.core.model import ChatName, Priority, RuleId, Topic
from monitor.core.settings import Channel, Chat, Template

_TELEGRAM_ID = re.compile(r"-?\d+|@\w{4,}", re.ASCII)


def read_chats(
    sections: Sequence[ChatSection],
    rules: Sequence[RuleSection],
    document: Document,
    env: Mapping[str, str],
) -> tuple[Chat, ...]:
    """The chats, each with the rules that name it. Raises ConfigError."""
    if not sections:
        raise document.mistake(("chats",), "is empty", "write at least one chat with name and id")
    sent_here = _destinations(sections, rules, document)
    names: set[str] = set()
    chats: list[Chat] = []
    for index, section in enumerate(sections):
        path: KeyPath = ("chats", index)
        if section.name in names:
            problem = f"two chats have the name “{section.name}”"
            raise document.mistake((*path, "name"), problem, "choose another name")
        names.add(section.name)
        chat = _chat(section, tuple(sent_here.get(section.name, ())), document, path, env)
        _refuse_a_twin(chat, chats, document, path)
        chats.append(chat)
    return tuple(chats)


def _refuse_a_twin(chat: Chat, others: Sequence[Chat], document: Document, path: KeyPath) -> None:
    """Two names for one place would tell everything there twice."""
    for other in others:
        if chat.id and _place(other) == _place(chat):
            problem = f"“{chat.name}” is the same place as “{other.name}”"  # which may hold a password
            mend = "write one chat with the wishes of both, or another id"
            raise document.mistake((*path, "id"), problem, mend)


def _place(chat: Chat) -> tuple[Channel, str, int | None]:
    # Telegram does not tell @Channel from @channel; the path of a web address is another matter.
    return chat.channel, chat.id.lower() if chat.channel is Channel.TELEGRAM else chat.id, chat.thread


def known_chat(name: str, chats: Sequence[str], document: Document, path: KeyPath) -> ChatName:
    """The name of a chat that exists. Raises ConfigError at `path`."""
    if name not in chats:
        mend = nearest(name, chats) or f"known are {listing(chats)}"
        raise document.mistake(path, f"there is no chat “{name}”", mend)
    return ChatName(name)


def _destinations(
    sections: Sequence[ChatSection], rules: Sequence[RuleSection], document: Document
) -> dict[str, list[RuleId]]:
    names = [section.name for section in sections]
    sent_to: dict[str, list[RuleId]] = {}
    for number, rule in enumerate(rules):
        for place, name in enumerate(rule.chats):
            known_chat(name, names, document, ("rules", "list", number, "chats", place))
            sent_to.setdefault(name, []).append(RuleId(rule.id))
    return sent_to


def _chat(
    section: ChatSection,
    rules: tuple[RuleId, ...],
    document: Document,
    path: KeyPath,
    env: Mapping[str, str],
) -> Chat:
    channel = section.channel or Channel.TELEGRAM
    _refuse_what_does_not_fit(section, channel, document, path)
    return Chat(
        name=ChatName(section.name),
        id=_id(section.id, channel, document, (*path, "id"), env),
        channel=channel,
        thread=section.thread,
        secret=secret_of(section.secret, document, (*path, "secret"), env),
        topics=tuple(Topic) if section.topics is None else section.topics,
        rules=rules,
        at_least=section.at_least or Priority.LOW,
        instant=section.instant or Priority.LOW,
        loud=section.loud or Priority.LOW,
        digest=section.digest,
        daily_cap=section.daily_cap,
        template=section.template or Template.FULL,
        language=section.language or "en",
        machine=section.machine,
    )


def _refuse_what_does_not_fit(
    section: ChatSection, channel: Channel, document: Document, path: KeyPath
) -> None:
    if section.instant not in (None, Priority.LOW) and section.digest is None:
        problem = "what is less urgent than “instant” would never come"
        raise document.mistake((*path, "instant"), problem, 'add “digest: "08:00"” or “digest: hourly”')
    if section.digest is not None and section.instant is None and section.daily_cap is None:
        problem = "nothing waits for this digest"
        raise document.mistake(
            (*path, "digest"), problem, "add “instant: breaking” (or normal), or a daily_cap"
        )
    if section.secret and channel is not Channel.WEBHOOK:
        raise document.mistake((*path, "secret"), "only a webhook is signed", "remove it")
    if section.machine is not None and channel is not Channel.TELEGRAM:
        problem = "what was sent by this channel cannot be changed any more"
        raise document.mistake((*path, "machine"), problem, "remove it")
    if section.thread is not None and channel is not Channel.TELEGRAM:
        raise document.mistake((*path, "thread"), "only Telegram has topics of a forum", "remove it")


def _id(written: str, channel: Channel, document: Document, path: KeyPath, env: Mapping[str, str]) -> str:
    if not written.startswith("$"):
        problem = _wrong_id(written, channel)
        if problem:
            raise document.mistake(path, f"this {problem[0]}", problem[1])  # it may hold a password
        return written
    name = written.removeprefix("$")
    value = env.get(name, "").strip()
    if not value and (env.get("TELEGRAM_BOT_TOKEN") or channel is not Channel.TELEGRAM):
        raise document.mistake(
            path, f"{name} is not set", f"set {name} in the environment or in .env, or write the id here"
        )
    problem = _wrong_id(value, channel) if value else None
    if problem:
        raise document.mistake(path, f"{name} {problem[2]}", problem[3])  # what it holds may be a secret
    return value


def _wrong_id(value: str, channel: Channel) -> tuple[str, str, str, str] | None:
    """What is wrong, and the mend, for a value written here and for one of the environment."""
    if channel is Channel.TELEGRAM and not _TELEGRAM_ID.fullmatch(value):
        here = 'write the number, "@channel", or $TELEGRAM_CHAT_ID to read it from the environment'
        return "is not a chat id", here, "does not hold a chat id", "set it to the number, or to @channel"
    if channel is Channel.WEBHOOK and not _is_web_address(value):
        mend = "write it whole: https://example.org/hook"
        return "is not a web address", mend, "does not hold a web address", mend
    if channel is Channel.APPRISE and "://" not in value:
        mend = "write it like mailto://… or discord://…, or as $NAME"
        return "is not an address of apprise", mend, "does not hold an address of apprise", mend
    return None


def _is_web_address(value: str) -> bool:
    try:
        address = urlsplit(value)
        whole = bool(address.hostname) and address.port != 0 and value.split() == [value]
        return whole and address.scheme in ("http", "https")
    except ValueError:  # a bracket that is not closed, a port that is no number
        return False


def secret_of(written: str, document: Document, path: KeyPath, env: Mapping[str, str]) -> str:
    """What the variable of a `$NAME` holds. Raises ConfigError at `path`."""
    name = written.removeprefix("$")
    value = env.get(name, "").strip() if name else ""
    if name and not value:
        raise document.mistake(path, f"{name} is not set", f"set {name} in the environment or in .env")
    return value
