"""The bot's commands: how they are read, what each does, and how an answer keeps within its bounds."""

import html
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.harmless import escaped, line, utf16_length
from monitor.core.errors import UserError
from monitor.core.messages import Button, Message
from monitor.core.model import StoryId

# In the order of Telegram's menu: what each does, in at most 256 characters.
COMMANDS = {
    "start": "say hello; lets a parked chat receive again",
    "help": "what the bot understands",
    "status": "how the service is doing",
    "sources": "what is watched, and what fails",
    "rules": "the rules with their precision; add, off and on change them",
    "why": "why a story was alerted: its number, or in reply to an alert",
    "latest": "the newest alerts, of all topics or one",
    "search": "past articles with all these words",
    "mute": "hear no more of a story: its number, or in reply to an alert",
    "unmute": "let a muted story speak again",
    "digest": "send now what is gathered for this chat",
    "test": "send a test message the way alerts go",
}
OWNERS_ONLY = frozenset({"mute", "unmute"})  # and what changes rules
NOT_FOR_YOU = "not for you"
OWNERS_MAY = "only owners may do that"

_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"\s+(topic|weight)=(\S+)\s*$", re.IGNORECASE)
_RULE = re.compile(r"(\S+?)\s*:\s*(.+)", re.DOTALL)
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})  # noqa: RUF100 - phones set these
_STORY = re.compile(r"#?(\d{1,18})")
_TAG = re.compile(r"<[^>]+>")

# Telegram takes 4,096 units of text and about 9,500 bytes of links and markup; the last line needs room.
_MOST_TEXT = 3_900
_MOST_MARKUP = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as typed."""

    name: str  # lower case, without the slash
    bot: str = ""  # the bot it is addressed to with @, if any
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the bot answers; `later` takes its place, which is only said while that is being computed."""

    html: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    later: Callable[[], Coroutine[Any, Any, "Reply"]] | None = None

    def message(self) -> Message:
        """As a message, with the same in plain text should the markup be refused."""
        return Message(html=self.html, plain=plain(self.html), buttons=self.buttons)


def parse_command(text: str) -> Command | None:
    """The command that a message is, if it is one."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return None
    name, bot, rest = found.groups()
    return Command(name=name.lower(), bot=bot or "", rest=(rest or "").strip())


def parse_story(words: str) -> StoryId | None:
    """The number of a story: 17 or #17."""
    found = _STORY.fullmatch(words.strip())
    return StoryId(int(found[1])) if found else None


def parse_press(press: str) -> tuple[str, str]:
    """What a button says: the name of the act and what it is about."""
    name, _, about = press.partition(":")
    return name, about


def parse_rule(words: str) -> dict[str, Any]:
    """The rule in `ID: QUERY [topic=…] [weight=…]`, with the keys of config.yaml. Raises UserError."""
    options: dict[str, Any] = {}
    while found := _OPTION.search(words):
        options.setdefault(found[1].lower(), found[2])
        words = words[: found.start()]
    rule = _RULE.fullmatch(words.strip())
    if rule is None:
        raise UserError("write it like: /rules add rwa: RWA AND 试点 topic=crypto weight=3")
    query = " ".join(rule[2].translate(_CURLY).split())
    if "weight" in options:
        options["weight"] = _weight(options["weight"])
    return {"id": rule[1], "query": query, **dict(sorted(options.items()))}


def _weight(words: str) -> float | int:
    try:
        weight = float(words)
    except ValueError:
        raise UserError(f"weight={line(words, 40)} is not a number") from None
    return int(weight) if weight.is_integer() else weight


def help_text(*, owner: bool) -> str:
    """What a person with these rights may say, one command a line."""
    shown = [(name, words) for name, words in COMMANDS.items() if owner or name not in OWNERS_ONLY]
    lines = [f"/{name} – {escaped(words)}" for name, words in shown]
    if owner:
        lines += [
            "",
            "/rules add ID: QUERY topic=… weight=…",
            "/rules off ID · /rules on ID",
            "A change of rules is shown first and saved when you confirm it.",
        ]
    return "\n".join(lines)


# ── writing within Telegram's bounds ──


def fitted(head: Iterable[str], lines: Sequence[str]) -> Reply:
    """An answer of Telegram HTML, line by line; what does not fit is counted.

    Each line is whole markup, well below the bound.
    """
    written: list[str] = []
    text = markup = 0
    for place, one in enumerate([*head, *lines]):
        visible = plain(one)
        text, markup = text + utf16_length(visible) + 1, markup + len(one) - len(visible)
        if text > _MOST_TEXT or markup > _MOST_MARKUP:
            left = len([*head, *lines]) - place
            return Reply(html="\n".join([*written, f"… and {left} more"]))
        written.append(one)
    return Reply(html="\n".join(written))


def said(words: str, most: int = 600) -> Reply:
    """An answer in plain words; what is not ours is harmless in it."""
    return Reply(html=escaped(line(words, most)))


def plain(markup: str) -> str:
    """Our own Telegram HTML as plain text."""
    return html.unescape(_TAG.sub("", markup))
