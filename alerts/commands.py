"""The bot's commands: how they are read, and how an answer keeps within its bounds."""

import html
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.harmless import escaped, line, utf16_length
from alerts.phrases import Phrases, topic_named
from monitor.core.errors import UserError
from monitor.core.messages import Button, Message
from monitor.core.model import StoryId

OWNERS_ONLY = frozenset({"mute", "unmute"})  # and what changes rules

# A Chinese keyboard types the full-width forms.
_COMMAND = re.compile(r"[/／]([a-z0-9_]{1,32})(?:[@＠](\w{1,64}))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_QUOTES = "“”„«»「」『』〝〞〟"
_FOLDED = str.maketrans({**dict.fromkeys(_QUOTES, '"'), "：": ":", "＝": "="})
_RULE = re.compile(r"(\S+?)\s*:\s*(.+)", re.DOTALL)
# What is quoted, and regular expressions: an "=" in them sets nothing, an "and" joins nothing.
_OPAQUE = re.compile(r'"[^"]*"|(?<![^\s(])/(?:\\.|[^/\\])+/(?=[\s()]|$)')
_OPTION = re.compile(
    r"""[\s,，;；、]*
    (?<![A-Za-z0-9_])(topic|weight)\s*=\s*
    ((?:(?![,;]\s*\w+\s*=)[^\s()，；、])*)""",
    re.IGNORECASE | re.VERBOSE,
)
_OTHER_OPTION = re.compile(r"([^\s=()]*)\s*=")
_JOINS = re.compile(r"(?<![^\s()])(?:and|or|not)(?![^\s()])", re.IGNORECASE)
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
    """What the bot answers; `later` takes its place, which is only said while that is being computed, and
    `failed` if that cannot be."""

    html: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    later: Callable[[], Coroutine[Any, Any, "Reply"]] | None = None
    failed: str = ""

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


def parse_rule(typed: str, words: Phrases) -> dict[str, Any]:
    """The rule in `ID: QUERY`, `topic=…` and `weight=…` anywhere in it, with the keys of config.yaml.

    Raises UserError.
    """
    text, options = _options(typed.translate(_FOLDED))
    if other := _OTHER_OPTION.search(_masked(text)):
        raise UserError(words.not_from_chat.format(option=line(other[1], 40)))
    rule = _RULE.fullmatch(text.strip())
    if rule is None:
        raise UserError(words.like)
    query = " ".join(rule[2].split())
    found: dict[str, Any] = {"id": rule[1], "query": query}
    if "topic" in options:
        found["topic"] = str(topic_named(options["topic"]) or options["topic"])
    if "weight" in options:
        found["weight"] = _weight(options["weight"], words)
    return found


def _options(text: str) -> tuple[str, dict[str, str]]:
    """The text without its options, and these."""
    options: dict[str, str] = {}
    rest, end = "", 0
    for found in _OPTION.finditer(_masked(text)):
        options[found[1].lower()] = text[found.start(2) : found.end(2)].strip('",;')
        rest, end = f"{rest}{text[end : found.start()]} ", found.end()
    return rest + text[end:], options


def _masked(text: str) -> str:
    """As long as the text, with nothing to read where it is quoted or a regular expression."""
    return _OPAQUE.sub(lambda found: "\0" * len(found[0]), text)


def _weight(typed: str, words: Phrases) -> float | int:
    try:
        weight = float(typed)
    except ValueError:
        raise UserError(words.no_number.format(value=line(typed, 40))) from None
    return int(weight) if weight.is_integer() else weight


def parse_switch(typed: str) -> str:
    """The id of the rule to switch, quoted or not."""
    return typed.translate(_FOLDED).strip().strip('"').strip()


def joins_in_lower_case(query: str) -> tuple[str, ...]:
    """The and, or, not of a query that are words to look for, as nothing but capitals joins."""
    return tuple(dict.fromkeys(join for join in _JOINS.findall(_masked(query)) if not join.isupper()))


def help_text(words: Phrases, *, owner: bool) -> str:
    """What a person with these rights may say, one command a line."""
    shown = [(name, does) for name, does in words.menu.items() if owner or name not in OWNERS_ONLY]
    lines = [
        escaped(f"/{' '.join(filter(None, [name, words.arguments.get(name)]))} – {does}")
        for name, does in shown
    ]
    return "\n".join([*lines, "", escaped(words.rules_help)] if owner else lines)


# ── writing within Telegram's bounds ──


def fitted(head: Iterable[str], lines: Sequence[str], words: Phrases) -> Reply:
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
            return Reply(html="\n".join([*written, words.more.format(count=left)]))
        written.append(one)
    return Reply(html="\n".join(written))


def said(words: str, most: int = 600) -> Reply:
    """An answer in plain words; what is not ours is harmless in it."""
    return Reply(html=escaped(line(words, most)))


def plain(markup: str) -> str:
    """Our own Telegram HTML as plain text."""
    return html.unescape(_TAG.sub("", markup))
