"""A strict stand-in for the Telegram Bot API on loopback: refuses what Telegram refuses, in its words.

It keeps time by the clock of its loop, remembers what it was told, and notes every call a well-behaved sender
would not have made.
"""

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.telegram_faults import Chaos, Fault, FloodControl, blocked, flood, migrated, refused
from tests.telegram_markup import Posted, RefusalError, StrictHtml, understood

__all__ = [
    "TOKEN", "Chaos", "Fault", "Posted", "RefusalError", "StrictHtml", "TelegramServer", "Violation",
    "blocked", "flood", "migrated", "refused", "understood",
]  # fmt: skip

TOKEN = "123456:AAHtestTokenOnlyForLoopback_0123456789"
BOT = {"id": 123456, "is_bot": True, "first_name": "policywire", "username": "policywire_bot"}
REPEAT = "(possible repeat) "
_FIRST_ID = 101
_GENERAL = 1  # the topic whose id Telegram refuses
_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class Violation:
    """What a well-behaved sender does not do."""

    kind: str  # ignored_retry_after, unparsable_markup, too_long, link_dropped, sent_to_dead_chat
    words: str


class TelegramServer:
    """Use as an async context manager; `url` is the api_url, `messages` what arrived, in order."""

    def __init__(
        self, token: str = TOKEN, *, port: int = 0, chaos: Chaos | None = None, flood_control: bool = False
    ) -> None:
        self.token = token
        self.url = ""
        self.messages: list[Posted] = []
        self.posted_at: list[float] = []  # of each message, by the loop's clock
        self.calls: list[tuple[str, str]] = []  # (method, chat id), refused ones too
        self.violations: list[Violation] = []
        self.faults: deque[Fault | None] = (
            deque()
        )  # one per call to a chat, in order; None lets a call through
        self.chat_faults: dict[str, Fault] = {}  # for every call to a chat
        self.chaos = chaos
        self.flooded = 0  # calls that flood control refused
        self.most_open: dict[str, int] = {}  # most sends at one time, per chat
        self.topics: dict[str, set[int]] = {}  # of each forum, the open topics
        self.closed_topics: set[tuple[str, int]] = set()
        self.chats: dict[str, dict[str, Any]] = {}  # what getChat tells besides id and type
        self.membership: dict[
            str, dict[str, Any]
        ] = {}  # what getChatMember tells of the bot; member otherwise
        self.answers: list[dict[str, str]] = []  # of answerCallbackQuery
        self.commands: list[dict[str, str]] = []
        self.other_poller = False  # somebody else calls getUpdates with this token
        self.poll_faults: deque[Fault] = deque()  # one per getUpdates, in order
        self.repeat_updates = False  # getUpdates forgets what was confirmed
        self._flood = FloodControl() if flood_control else None
        self._updates: list[dict[str, Any]] = []
        self._update_came = asyncio.Event()
        self._open: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._dead: set[str] = set()
        self._newest: dict[str, int] = {}  # by sequence
        self._foreign: set[tuple[str, int]] = set()
        self._port = port
        self._runner: web.AppRunner | None = None
        self._methods: dict[str, Callable[[dict[str, str]], Any]] = {
            "getMe": lambda _: BOT,
            "getChat": self._chat,
            "getChatMember": self._member,
            "setMyCommands": self._set_commands,
            "answerCallbackQuery": self._answer_press,
            "deleteWebhook": lambda _: True,
            "sendChatAction": self._act,
        }

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # ── what tests ask and do ──

    def texts(self, chat_id: str | None = None) -> list[str]:
        return [m.text for m in self.messages if chat_id in (None, m.chat_id)]

    def lost(self, expected: Iterable[str]) -> list[str]:
        """The first lines that were never posted."""
        posted = {_first_line(text) for text in self.texts()}
        return [line for line in expected if line not in posted]

    def doubled(self, chat_id: str | None = None) -> list[str]:
        """The first lines posted more than once to a chat, marked as repeats or not."""
        seen = Counter(
            (m.chat_id, _first_line(m.text)) for m in self.messages if chat_id in (None, m.chat_id)
        )
        return [line for (_, line), times in seen.items() if times > 1]

    def violated(self) -> dict[str, int]:
        """How often each rule was broken."""
        return dict(Counter(one.kind for one in self.violations))

    def people_write(self, chat_id: str, messages: int = 1) -> int:
        """Others post in a chat: their messages take ids; returns the last one."""
        ids = [self._next_id(chat_id) for _ in range(messages)]
        self._foreign.update((chat_id, message_id) for message_id in ids)
        return ids[-1] if ids else 0

    def forget_people(self) -> None:
        """What people wrote is deleted."""
        self._foreign.clear()

    def delete(self, message_id: int) -> None:
        """Somebody deletes a message of the bot."""
        self.messages = [m for m in self.messages if m.message_id != message_id]

    def revive(self, chat_id: str) -> None:
        """The bot may write to this chat again."""
        self.chat_faults.pop(chat_id, None)
        self._dead.discard(chat_id)

    def push_update(self, **update: Any) -> int:
        """Queue an update for getUpdates, `message={…}` or `callback_query={…}`; returns its id."""
        number = len(self._updates) + 1
        self._updates.append({"update_id": number, **update})
        self._update_came.set()
        return number

    @property
    def polls(self) -> int:
        """How often getUpdates was called."""
        return sum(method == "getUpdates" for method, _ in self.calls)

    @property
    def last_update(self) -> int:
        """The id of the newest update."""
        return max((one["update_id"] for one in self._updates), default=0)

    def post(self, chat_id: str, text: str) -> Posted:
        """Put a message of the bot into a chat, as if it had been sent long ago."""
        self._send({"chat_id": chat_id, "text": text})
        return self.messages[-1]

    def push_text(self, text: str, *, chat_id: int, user_id: int, **fields: Any) -> int:
        """A person writes to the bot; returns the update's id."""
        message_id = self._next_id(str(chat_id))
        self._foreign.add((str(chat_id), message_id))
        person = {"id": user_id, "is_bot": False, "first_name": f"user {user_id}"}
        message: dict[str, Any] = {
            "message_id": message_id,
            "date": 1_795_000_000,
            "chat": _chat_of(str(chat_id)),
            "from": person,
            "text": text,
        }
        if text.startswith("/"):
            command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
            message["entities"] = [command]
        return self.push_update(message=message | fields)

    def push_press(self, pressed: str, *, user_id: int, on: Posted) -> int:
        """A person presses a button below a message; returns the update's id."""
        person = {"id": user_id, "is_bot": False, "first_name": f"user {user_id}"}
        query = {"id": f"press-{len(self._updates) + 1}", "from": person, "chat_instance": "1"}
        return self.push_update(callback_query=query | {"data": pressed, "message": _message(on)})

    # ── the wire ──

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _failure(401, "Unauthorized")
        method = request.match_info["method"]
        try:
            fields = await _fields(request)
        except ConnectionResetError:  # the sender was killed while it sent
            return web.Response()
        chat_id = fields.get("chat_id", "")
        self.calls.append((method, chat_id))
        sends = method == "sendMessage"
        self._open[chat_id] += sends
        self.most_open[chat_id] = max(self.most_open.get(chat_id, 0), self._open[chat_id])
        try:
            return await self._handle(request, method, fields)
        except RefusalError as refusal:
            if refusal.kind:
                self._note(refusal.kind, f"{chat_id}: {refusal}")
            return _failure(400, f"Bad Request: {refusal}")
        finally:
            self._open[chat_id] -= sends

    async def _handle(self, request: web.Request, method: str, fields: dict[str, str]) -> web.StreamResponse:
        if method == "getUpdates":
            return await self._get_updates(fields)
        if method == "sendChatAction" and (refusal := self.chat_faults.get(fields["chat_id"])):
            return _failure(refusal.status, refusal.description)
        if simple := self._methods.get(method):
            return _success(simple(fields))
        if method not in ("sendMessage", "editMessageText", "deleteMessage"):
            return _failure(404, "Not Found")
        chat_id = fields.get("chat_id", "")
        self._check_manners(chat_id)
        fault = self._fault(chat_id) or self._flood_fault(chat_id)
        if fault is not None:
            return await self._fail(request, method, fields, fault)
        return _success(self._do(method, fields))

    def _fault(self, chat_id: str) -> Fault | None:
        if fault := self.chat_faults.get(chat_id):
            return fault
        if self.faults:
            return self.faults.popleft()
        return self.chaos.draw() if self.chaos else None

    def _flood_fault(self, chat_id: str) -> Fault | None:
        wait = self._flood.wait(chat_id) if self._flood else 0
        if not wait:
            return None
        self.flooded += 1
        return flood(wait)

    def _check_manners(self, chat_id: str) -> None:
        early = self._not_before.get(chat_id, 0.0) - asyncio.get_running_loop().time()
        if early > 0:
            words = f"{chat_id}: called {early:.2f} s before retry_after had passed"
            self._note("ignored_retry_after", words)
        if chat_id in self._dead:
            self._note("sent_to_dead_chat", chat_id)

    def _note(self, kind: str, words: str) -> None:
        self.violations.append(Violation(kind, words))

    async def _fail(
        self, request: web.Request, method: str, fields: dict[str, str], fault: Fault
    ) -> web.StreamResponse:
        done = self._do(method, fields) if fault.delivered else None
        await asyncio.sleep(fault.hang)
        if fault.late:
            self._do(method, fields)
        if fault.reset:
            if request.transport is not None:  # the client may have hung up first
                request.transport.abort()
            return web.Response()
        if fault.body is not None:
            return web.Response(status=fault.status, body=fault.body, content_type="application/json")
        if fault.status:
            self._remember(fields["chat_id"], fault)
            return _failure(fault.status, fault.description, fault.parameters)
        whole = _success(done or self._do(method, fields))
        return _half(whole) if fault.cut else whole

    def _remember(self, chat_id: str, fault: Fault) -> None:
        if fault.status == 429:
            wait = fault.parameters["retry_after"]
            self._not_before[chat_id] = asyncio.get_running_loop().time() + wait
        if fault.status == 403 or "migrate_to_chat_id" in fault.parameters:
            self._dead.add(chat_id)

    # ── messages ──

    def _do(self, method: str, fields: dict[str, str]) -> Any:
        if method == "deleteMessage":
            return self._delete(fields)
        return self._send(fields) if method == "sendMessage" else self._edit(fields)

    def _send(self, fields: dict[str, str]) -> dict[str, Any]:
        posted = understood(fields, 0)
        self._check_topic(posted)
        self._check_reply(posted, fields)
        for link in posted.dropped:
            self._note("link_dropped", f"{posted.chat_id}: {link}")
        posted = understood(fields, self._next_id(posted.chat_id))
        self.messages.append(posted)
        self.posted_at.append(asyncio.get_running_loop().time())
        return _message(posted)

    def _check_topic(self, posted: Posted) -> None:
        topic, topics = posted.thread, self.topics.get(posted.chat_id)
        if topic is None or topics is None:  # ignored without a word where there are no topics
            return
        if (posted.chat_id, topic) in self.closed_topics:
            raise RefusalError("TOPIC_CLOSED")
        if topic == _GENERAL or topic not in topics:
            raise RefusalError("message thread not found")

    def _check_reply(self, posted: Posted, fields: dict[str, str]) -> None:
        if posted.reply_to is None or self._is_there(posted.chat_id, posted.reply_to):
            return
        if not json.loads(fields["reply_parameters"]).get("allow_sending_without_reply"):
            raise RefusalError("message to be replied not found")

    def _is_there(self, chat_id: str, message_id: int) -> bool:
        ours = any((m.chat_id, m.message_id) == (chat_id, message_id) for m in self.messages)
        return ours or (chat_id, message_id) in self._foreign

    def _edit(self, fields: dict[str, str]) -> dict[str, Any]:
        edited = understood(fields, int(fields["message_id"]))
        at = self._place(edited.chat_id, edited.message_id)
        if edited.reads_like(self.messages[at]):
            raise RefusalError(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        self.messages[at] = edited
        return _message(edited)

    def _delete(self, fields: dict[str, str]) -> bool:
        del self.messages[self._place(fields["chat_id"], int(fields["message_id"]))]
        return True

    def _place(self, chat_id: str, message_id: int) -> int:
        for at, known in enumerate(self.messages):
            if (known.chat_id, known.message_id) == (chat_id, message_id):
                return at
        if (chat_id, message_id) in self._foreign:
            raise RefusalError("message can't be edited")
        raise RefusalError("message to edit not found")

    def _next_id(self, chat_id: str) -> int:
        # Supergroups and channels number their own messages; private chats and basic groups share one row.
        sequence = chat_id if _numbers_alone(chat_id) else "shared"
        self._newest[sequence] = self._newest.get(sequence, _FIRST_ID - 1) + 1
        return self._newest[sequence]

    # ── the rest of the interface ──

    async def _get_updates(self, fields: dict[str, str]) -> web.Response:
        if self.repeat_updates:
            fields = fields | {"offset": "0", "timeout": "0"}
        if self.other_poller:
            words = "terminated by other getUpdates request; make sure that only one bot instance is running"
            return _failure(409, f"Conflict: {words}")
        if self.poll_faults:
            fault = self.poll_faults.popleft()
            return _failure(fault.status, fault.description, fault.parameters)
        offset, limit = int(fields.get("offset", 0)), int(fields.get("limit", 100))
        with suppress(TimeoutError):
            async with asyncio.timeout(float(fields.get("timeout", 0))):
                while not self._waiting(offset):
                    self._update_came.clear()
                    await self._update_came.wait()
        return _success(self._waiting(offset)[:limit])

    def _waiting(self, offset: int) -> list[dict[str, Any]]:
        return [one for one in self._updates if one["update_id"] >= offset]

    def _chat(self, fields: dict[str, str]) -> dict[str, Any]:
        chat_id = fields.get("chat_id", "")
        if chat_id in self._dead or not re.fullmatch(r"-?\d+|@\w{4,}", chat_id):
            raise RefusalError("chat not found")
        told: dict[str, Any] = {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, True),
            "is_forum": chat_id in self.topics,
        }
        return _chat_of(chat_id) | told | self.chats.get(chat_id, {})

    def _member(self, fields: dict[str, str]) -> dict[str, Any]:
        chat_id = fields.get("chat_id", "")
        if chat_id in self._dead:
            raise RefusalError("chat not found")
        return {"user": BOT, "status": "member"} | self.membership.get(chat_id, {})

    def _act(self, fields: dict[str, str]) -> bool:
        chat_id, topic = fields["chat_id"], int(fields.get("message_thread_id", 0))
        if topic and chat_id in self.topics and topic not in self.topics[chat_id]:
            raise RefusalError("message thread not found")
        return True

    def _set_commands(self, fields: dict[str, str]) -> bool:
        commands = json.loads(fields["commands"])
        if len(commands) > 100:
            raise RefusalError("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(command["command"]):
                raise RefusalError("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise RefusalError("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = commands
        return True

    def _answer_press(self, fields: dict[str, str]) -> bool:
        presses = {one["callback_query"]["id"] for one in self._updates if "callback_query" in one}
        if fields.get("callback_query_id") not in presses:
            raise RefusalError("query is too old and response timeout expired or query ID is invalid")
        if len(fields.get("text", "")) > 200:
            raise RefusalError("MESSAGE_TOO_LONG")
        self.answers.append(fields)
        return True


async def _fields(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        body = await request.json()
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return {name: str(value) for name, value in (await request.post()).items()}


def _first_line(text: str) -> str:
    return text.removeprefix(REPEAT).split("\n", 1)[0]


def _chat_of(chat_id: str) -> dict[str, Any]:
    if chat_id.startswith("@"):
        return {"id": -1001000000000, "type": "channel", "title": chat_id, "username": chat_id[1:]}
    number = int(chat_id)
    if number > 0:
        return {"id": number, "type": "private", "first_name": f"user {number}"}
    kind = "supergroup" if _numbers_alone(chat_id) else "group"
    return {"id": number, "type": kind, "title": chat_id}


def _numbers_alone(chat_id: str) -> bool:
    """Supergroups and channels; their ids begin at a million million, downwards."""
    return chat_id.startswith("@") or int(chat_id) <= -1_000_000_000_000


def _message(posted: Posted) -> dict[str, Any]:
    # The date is fixed: nothing of ours reads it.
    message = {"message_id": posted.message_id, "date": 1_795_000_000, "text": posted.text}
    return message | {"chat": _chat_of(posted.chat_id)}


def _half(whole: web.Response) -> web.Response:
    assert isinstance(whole.body, bytes)
    return web.Response(body=whole.body[: len(whole.body) // 2], content_type="application/json")


def _success(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _failure(status: int, description: str, parameters: dict[str, int] | None = None) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return web.json_response(answer, status=status)
