"""The bot's own messages: paced with the alerts, known to reading back, patient where asked to be."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import structlog

from alerts.commands import Reply, said
from alerts.line import Line
from alerts.orders import Orders
from alerts.pace import Pace, address_of
from alerts.updates import Inbox, Place
from monitor.core.errors import RetryLater, SendError, StoreError
from monitor.core.model import Chat, Message
from monitor.core.ports import Clock, Outbox, Sender

_MOST_OPEN = 100  # answers under way; somebody who asks for more waits for nothing
_MOST_PATIENCE = 120.0  # seconds after which an answer is no answer any more
_GRACE = 3.0  # seconds that answers may still take once we are asked to stop

log = structlog.get_logger("policywire.bot")


class _Noting:
    """A Sender that has each message noted before anything else goes to its chat.

    Reading back edits the ids above the last alert: it must neither take an answer for a doubtful alert nor
    write over it. What another message was told to wait meanwhile, this one waits, too.
    """

    def __init__(self, sender: Sender, outbox: Outbox, pace: Pace) -> None:
        self._sender = sender
        self._outbox = outbox
        self._pace = pace

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        self._keep_patience(chat)
        message_id = await self._sender.send(chat, message, reply_to=reply_to)
        if message_id is not None:
            try:
                await asyncio.to_thread(self._outbox.note_message, address_of(chat), message_id)
            except StoreError as error:
                log.error("an answer could not be noted", chat=chat.id, problem=str(error))
        return message_id

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        self._keep_patience(chat)
        return await self._sender.edit(chat, message_id, message)

    async def reads_back(self, chat: Chat) -> bool:
        return await self._sender.reads_back(chat)

    def _keep_patience(self, chat: Chat) -> None:
        if left := self._pace.held_for(chat):
            raise RetryLater(timedelta(seconds=left))


class Speech:
    """Answers people beside the loop that listens to them; one answer at a time per chat, in order."""

    def __init__(
        self, inbox: Inbox, sender: Sender, outbox: Outbox, orders: Orders, clock: Clock, pace: Pace
    ) -> None:
        self._inbox = inbox
        self._sender = _Noting(sender, outbox, pace)
        self._outbox = outbox
        self._orders = orders
        self._clock = clock
        self._pace = pace
        self._under_way: set[asyncio.Task[None]] = set()
        # By Telegram's number of the chat. An answer that takes long to find does not hold up the next one.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def take_up(self) -> None:
        """Remember the patience that chats asked for in an earlier life."""
        now = self._clock.now()
        held = await asyncio.to_thread(self._outbox.held_chats, now)
        for chat in await asyncio.to_thread(self._orders.chats_named, held):
            self._pace.hold(chat, (held[chat.name] - now).total_seconds())

    def toast(self, press_id: str, words: str = "") -> None:
        """End a press, with a few words beside the button."""
        self._begin(self._inbox.answer_press(press_id, words))

    def say(
        self, place: Place, reply: Reply, *, reply_to: int | None = None, replaces: int | None = None
    ) -> None:
        """Answer at a place, as a reply to a message, or in the place of one."""
        self._begin(self._say(place, reply, reply_to, replaces))

    async def finish(self) -> None:
        """Let answers under way end, for a few seconds."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_GRACE)
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _begin(self, answer: Coroutine[Any, Any, None]) -> None:
        if len(self._under_way) >= _MOST_OPEN:
            answer.close()
            log.warning("too many questions at once: one is not answered")
            return
        task = asyncio.create_task(answer)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (bug := task.exception()):
            log.error("an answer failed", exc_info=bug)

    async def _say(self, place: Place, reply: Reply, reply_to: int | None, replaces: int | None) -> None:
        if reply.later is not None:
            reply = await self._computed(reply)
        turn = self._turns.setdefault(place.chat_id, asyncio.Lock())
        async with turn:
            try:
                chat = await asyncio.to_thread(self._orders.chat_at, place)
            except StoreError as error:
                log.error("an answer has nowhere to go", problem=str(error))
            else:
                await self._send(chat, reply.message(), reply_to, replaces)

    async def _computed(self, reply: Reply) -> Reply:
        assert reply.later is not None
        try:
            return await asyncio.to_thread(reply.later)
        # The edge of one answer: whoever asked should hear that there will be none.
        except Exception as bug:
            log.error("an answer could not be found", exc_info=bug)
            return said("that failed here; the log tells why")

    async def _send(self, chat: Chat, message: Message, reply_to: int | None, replaces: int | None) -> None:
        while (patience := self._pace.held_for(chat)) <= _MOST_PATIENCE:
            await asyncio.sleep(patience)
            line = Line(self._sender, self._pace, chat, message, partial(self._move, chat))
            try:
                if replaces is None or not await line.edit(replaces):
                    await line.send(reply_to)
            except RetryLater as asked:
                await self._hold(line.chat, asked.after)
            except SendError as trouble:
                log.warning("an answer was not sent", chat=chat.id, problem=str(trouble))
                return
            else:
                return
        log.warning("an answer was not sent", chat=chat.id, problem="Telegram asks for patience")

    async def _hold(self, chat: Chat, after: timedelta) -> None:
        """Alerts are asked for the same patience."""
        until = self._clock.now() + after
        try:
            await asyncio.to_thread(self._hold_all, chat, until)
        except StoreError as error:
            log.error("the patience asked for was not noted", problem=str(error))

    def _hold_all(self, chat: Chat, until: datetime) -> None:
        for name in self._orders.names_at(address_of(chat)):
            self._outbox.hold_chat(name, until)

    async def _move(self, chat: Chat, new_id: str) -> None:
        for name in await asyncio.to_thread(self._orders.names_at, address_of(chat)):
            await asyncio.to_thread(self._outbox.move_chat, name, new_id)
