"""How Telegram reads a message: its HTML, its keyboard, its bounds, and the words it refuses them with."""

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

_TAGS = re.compile("b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|tg-spoiler")
_LONGEST, _LONGEST_RAW, _MOST_ENTITY_BYTES, _MOST_ENTITIES = 4096, 32_768, 9_500, 100
_BYTES_PER_ENTITY = 20  # what one costs besides its address
_MOST_BUTTONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as the server understood it."""

    chat_id: str
    message_id: int
    text: str
    raw: str
    html: bool
    links: tuple[str, ...]
    dropped: tuple[str, ...]  # links that Telegram drops without a word
    tags: tuple[str, ...]
    silent: bool
    preview: bool
    buttons: tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, what comes back)
    thread: int | None
    reply_to: int | None

    def reads_like(self, other: "Posted") -> bool:
        """Whether an edit to the other one would change nothing."""
        mine = (self.text, self.links, self.tags, self.buttons)
        return mine == (other.text, other.links, other.tags, other.buttons)


class RefusalError(Exception):
    """The server's 400; `kind` names the violation when the sender should have known better."""

    def __init__(self, words: str, kind: str = "") -> None:
        super().__init__(words)
        self.kind = kind


def understood(fields: dict[str, str], message_id: int) -> Posted:
    """Read a sendMessage or editMessageText, or refuse it."""
    chat_id = fields.get("chat_id", "")
    if not chat_id:
        raise RefusalError("chat_id is empty")
    if not re.fullmatch(r"-?\d+|@\w{4,}", chat_id):
        raise RefusalError("chat not found")
    raw = fields.get("text", "")
    mode = fields.get("parse_mode", "")
    reader = _read(raw, mode)
    return Posted(
        chat_id=chat_id,
        message_id=message_id,
        text=_bounded(reader, raw),
        raw=raw,
        html=bool(mode),
        links=tuple(link for link in reader.links if _kept(link)) if reader else (),
        dropped=tuple(link for link in reader.links if not _kept(link)) if reader else (),
        tags=tuple(reader.tags) if reader else (),
        silent=fields.get("disable_notification") == "true",
        preview=not _object(fields, "link_preview_options").get("is_disabled", False),
        buttons=_buttons(_object(fields, "reply_markup")),
        thread=int(fields["message_thread_id"]) if "message_thread_id" in fields else None,
        reply_to=_object(fields, "reply_parameters").get("message_id"),
    )


def _read(raw: str, mode: str) -> "StrictHtml | None":
    if not raw:
        raise RefusalError("message text is empty")
    if len(raw.encode()) > _LONGEST_RAW:
        raise RefusalError("text is too long", "too_long")
    if mode not in ("", "HTML"):
        raise RefusalError("unsupported parse_mode")
    return _parsed(raw) if mode else None


def _bounded(reader: "StrictHtml | None", raw: str) -> str:
    text = (reader.text if reader else raw).strip()
    if not text:
        raise RefusalError("text must be non-empty")
    if len(text.encode("utf-16-le")) // 2 > _LONGEST:
        raise RefusalError("message is too long", "too_long")
    if reader and _entity_bytes(reader) > _MOST_ENTITY_BYTES:
        raise RefusalError("ENTITIES_TOO_LONG", "too_long")
    return text


def _entity_bytes(reader: "StrictHtml") -> int:
    addresses = sum(len(link.encode()) for link in reader.links)
    return addresses + _BYTES_PER_ENTITY * min(len(reader.tags), _MOST_ENTITIES)


def _object(fields: dict[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(fields.get(name, "{}"))
    except ValueError:
        raise RefusalError(f"can't parse {name} JSON object") from None
    if not isinstance(value, dict):
        raise RefusalError(f"object expected as {name}")
    return value


def _buttons(markup: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], ...]:
    rows = tuple(tuple(map(_button, row)) for row in markup.get("inline_keyboard", ()))
    if sum(map(len, rows)) > _MOST_BUTTONS:
        raise RefusalError("reply markup is too long")
    return rows


def _button(button: dict[str, Any]) -> tuple[str, str]:
    if not button.get("text"):
        raise RefusalError("can't parse inline keyboard button: text is empty")
    if "url" in button:
        if not _kept(button["url"]):
            raise RefusalError("Wrong HTTP URL")
        return button["text"], button["url"]
    pressed = button.get("callback_data", "")
    if not 1 <= len(pressed.encode()) <= 64:
        raise RefusalError("BUTTON_DATA_INVALID")
    return button["text"], pressed


def _kept(link: str) -> bool:
    parts = urlsplit(link)
    return parts.scheme in ("http", "https", "tg", "ton") and "." in (parts.hostname or "")


def _unparsable(words: str) -> RefusalError:
    return RefusalError(f"can't parse entities: {words}", "unparsable_markup")


def _parsed(raw: str) -> "StrictHtml":
    reader = StrictHtml()
    for lone in re.finditer(r"<(?!/?[a-z])", raw):
        raise _unparsable(f'Unsupported start tag "" at byte offset {lone.start()}')
    reader.feed(raw)
    reader.close()
    if reader.open:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{reader.open[-1]}"')
    return reader


class StrictHtml(HTMLParser):
    """Telegram's HTML: a short list of tags, all of them closed, four named references."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not _TAGS.fullmatch(tag):
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        self.open.append(tag)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise _unparsable(f"Unmatched end tag at byte offset {self.getpos()[1]}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_entityref(self, name: str) -> None:
        known = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
        self.text += known.get(name, f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name[:1] in "xX" else int(name))

    def handle_comment(self, data: str) -> None:
        raise _unparsable('Unsupported start tag ""')

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)
