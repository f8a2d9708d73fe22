"""A strict stand-in for the Telegram Bot API on loopback: refuses what Telegram refuses, in its words."""

import asyncio
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

TOKEN = "123456:AAHtestTokenOnlyForLoopback_0123456789"
_TAGS = re.compile("b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|tg-spoiler")
_LONGEST, _LONGEST_RAW, _MOST_ENTITY_BYTES = 4096, 32_768, 9_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as the server understood it."""

    chat_id: str
    message_id: int
    text: str
    raw: str
    html: bool
    links: tuple[str, ...]
    tags: tuple[str, ...]
    silent: bool
    preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call: a status with a description, or a way to break the connection."""

    status: int = 0
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    body: bytes | None = None  # answered with `status` as it is
    reset: bool = False
    hang: float = 0.0  # seconds before the answer
    delivered: bool = False  # the message is posted all the same


def flood(seconds: int) -> Fault:
    words = f"Too Many Requests: retry after {seconds}"
    return Fault(status=429, description=words, parameters={"retry_after": seconds})


def migrated(new_id: int) -> Fault:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(status=400, description=words, parameters={"migrate_to_chat_id": new_id})


def blocked() -> Fault:
    return Fault(status=403, description="Forbidden: bot was kicked from the supergroup chat")


def refused(description: str) -> Fault:
    return Fault(status=400, description=f"Bad Request: {description}")


class RefusalError(Exception):
    """The server's 400."""


class TelegramServer:
    """Use as an async context manager; `url` is the api_url, `messages` what arrived, in order."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.url = ""
        self.messages: list[Posted] = []
        self.calls: list[tuple[str, str]] = []  # (method, chat id), refused ones too
        self.violations: list[str] = []
        self.faults: deque[Fault | None] = deque()  # one per call, in order; None lets a call through
        self.chat_faults: dict[str, Fault] = {}  # for every call to a chat
        self.most_open: dict[str, int] = {}  # most calls at one time, per chat
        self._open: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._last_id = 100
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def texts(self, chat_id: str | None = None) -> list[str]:
        return [m.text for m in self.messages if chat_id in (None, m.chat_id)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _failure(401, "Unauthorized")
        method = request.match_info["method"]
        fields = await _fields(request)
        chat_id = fields.get("chat_id", "")
        self.calls.append((method, chat_id))
        self._open[chat_id] = self._open.get(chat_id, 0) + 1
        self.most_open[chat_id] = max(self.most_open.get(chat_id, 0), self._open[chat_id])
        try:
            return await self._handle(request, method, fields)
        except RefusalError as refusal:
            return _failure(400, f"Bad Request: {refusal}")
        finally:
            self._open[chat_id] -= 1

    async def _handle(self, request: web.Request, method: str, fields: dict[str, str]) -> web.StreamResponse:
        if method == "getMe":
            return _success(
                {"id": 1, "is_bot": True, "first_name": "policywire", "username": "policywire_bot"}
            )
        if method not in ("sendMessage", "editMessageText"):
            return _failure(404, "Not Found")
        self._check_patience(fields.get("chat_id", ""))
        fault = self.chat_faults.get(fields.get("chat_id", "")) or (
            self.faults.popleft() if self.faults else None
        )
        if fault is not None:
            return await self._fail(request, method, fields, fault)
        return _success(self._do(method, fields))

    def _check_patience(self, chat_id: str) -> None:
        early = self._not_before.get(chat_id, 0.0) - time.monotonic()
        if early > 0:
            self.violations.append(f"{chat_id}: called {early:.2f} s before retry_after had passed")

    async def _fail(
        self, request: web.Request, method: str, fields: dict[str, str], fault: Fault
    ) -> web.StreamResponse:
        done = self._do(method, fields) if fault.delivered else None
        await asyncio.sleep(fault.hang)
        if fault.reset:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.body is not None:
            return web.Response(status=fault.status, body=fault.body, content_type="application/json")
        if fault.status == 429:
            self._not_before[fields["chat_id"]] = time.monotonic() + fault.parameters["retry_after"]
        if fault.status:
            return _failure(fault.status, fault.description, fault.parameters)
        return _success(done or self._do(method, fields))

    def _do(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        return self._send(fields) if method == "sendMessage" else self._edit(fields)

    def _send(self, fields: dict[str, str]) -> dict[str, Any]:
        self._last_id += 1
        posted = understood(fields, self._last_id)
        self.messages.append(posted)
        return _message(posted)

    def _edit(self, fields: dict[str, str]) -> dict[str, Any]:
        edited = understood(fields, int(fields["message_id"]))
        for at, known in enumerate(self.messages):
            if (known.chat_id, known.message_id) == (edited.chat_id, edited.message_id):
                if (known.text, known.links, known.tags) == (edited.text, edited.links, edited.tags):
                    raise RefusalError("message is not modified")
                self.messages[at] = edited
                return _message(edited)
        raise RefusalError("message to edit not found")


async def _fields(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        body = await request.json()
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return {name: str(value) for name, value in (await request.post()).items()}


def understood(fields: dict[str, str], message_id: int) -> Posted:
    chat_id = fields.get("chat_id", "")
    if not chat_id:
        raise RefusalError("chat_id is empty")
    if not re.fullmatch(r"-?\d+|@\w{4,}", chat_id):
        raise RefusalError("chat not found")
    raw = fields.get("text", "")
    if not raw:
        raise RefusalError("message text is empty")
    if len(raw.encode()) > _LONGEST_RAW:
        raise RefusalError("text is too long")
    mode = fields.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise RefusalError("unsupported parse_mode")
    reader = _parsed(raw) if mode else None
    text = (reader.text if reader else raw).strip()
    if not text:
        raise RefusalError("text must be non-empty")
    if len(text.encode("utf-16-le")) // 2 > _LONGEST:
        raise RefusalError("message is too long")
    if reader and sum(len(link) for link in reader.links) > _MOST_ENTITY_BYTES:
        raise RefusalError("ENTITIES_TOO_LONG")
    return Posted(
        chat_id=chat_id,
        message_id=message_id,
        text=text,
        raw=raw,
        html=bool(mode),
        links=tuple(link for link in reader.links if _kept(link)) if reader else (),
        tags=tuple(reader.tags) if reader else (),
        silent=fields.get("disable_notification") == "true",
        preview=not json.loads(fields.get("link_preview_options", "{}")).get("is_disabled", False),
    )


def _kept(link: str) -> bool:
    parts = urlsplit(link)
    return parts.scheme in ("http", "https", "tg", "ton") and "." in (parts.hostname or "")


def _parsed(raw: str) -> "StrictHtml":
    reader = StrictHtml()
    for lone in re.finditer(r"<(?!/?[a-z])", raw):
        raise RefusalError(f'can\'t parse entities: Unsupported start tag "" at byte offset {lone.start()}')
    reader.feed(raw)
    reader.close()
    if reader.open:
        raise RefusalError(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{reader.open[-1]}\""
        )
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
            raise RefusalError(
                f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}'
            )
        self.open.append(tag)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise RefusalError(f"can't parse entities: Unmatched end tag at byte offset {self.getpos()[1]}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_entityref(self, name: str) -> None:
        known = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
        self.text += known.get(name, f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name[:1] in "xX" else int(name))

    def handle_comment(self, data: str) -> None:
        raise RefusalError("can't parse entities: Unsupported start tag")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)


def _message(posted: Posted) -> dict[str, Any]:
    number = int(posted.chat_id) if not posted.chat_id.startswith("@") else -100
    chat = {"id": number, "type": "private" if number > 0 else "supergroup"}
    return {"message_id": posted.message_id, "date": int(time.time()), "chat": chat, "text": posted.text}


def _success(result: dict[str, Any]) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _failure(status: int, description: str, parameters: dict[str, int] | None = None) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return web.json_response(answer, status=status)
