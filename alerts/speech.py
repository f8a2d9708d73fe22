"""The bot's own messages: paced with the alerts, known to reading back, patient where asked to be."""

import asyncio
from collections.abc import Callable, Coroutine
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
from alerts.whereabouts import Whereabouts
from monitor.core.errors import NotSent, RetryLater, SendError, StoreError, Unsure
from monitor.core.messages import Message
from monitor.core.outbox import DOUBT_WAIT, backoff
from monitor.core.ports import Clock, Outbox, Sender
from monitor.core.settings import Chat

_MOST_OPEN = 100  # answers under way; somebody who asks for more waits for nothing
_MOST_PATIENCE = 120.0  # seconds after which an answer is no answer any more
_TRIES = 4
_LOOK = 1.0  # seconds between two looks whether an alert is still in doubt
_SOON = 0.7  # seconds after which somebody who waits is told so
_GRACE = 3.0  # seconds that answers may still take once we are asked to stop

log = structlog.get_logger("policywire.bot")


class _Busy(NotSent):
    """A message of ours to this chat is in doubt: nothing is said there before it was looked for."""


class _Noting:
    """A Sender that has each message known to reading back, which edits the ids above the last one known.

    While an answer is under way nothing may be edited there, and the outbox knows it, over a restart too. One
    whose acknowledgement got lost is said again: it is not looked for, and may be there twice; the second has
    an id, and the first lies below that. All this inside its turn of the pace, which alerts to the chat wait
    for. What another message was told to wait meanwhile, this one waits, too.
    """

    def __init__(self, sender: Sender, outbox: Outbox, clock: Clock, pace: Pace) -> None:
        self._sender = sender
        self._outbox = outbox
        self._clock = clock
        self._pace = pace

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        self._keep_patience(chat)
        if await self.in_doubt(chat):
            raise _Busy("an alert is in doubt")
        trouble: SendError = NotSent("not tried")
        for _ in range(_TRIES):
            try:
                return await self._said(chat, message, reply_to)
            except Unsure as lost:
                trouble = lost
                # The request may still be on its way.
                await asyncio.sleep(DOUBT_WAIT.total_seconds())
            except RetryLater as asked:
                if isinstance(trouble, NotSent) or asked.after > DOUBT_WAIT:
                    raise
                await asyncio.sleep(asked.after.total_seconds())
        raise trouble

    async def _said(self, chat: Chat, message: Message, reply_to: int | None) -> int | None:
        """One try. Raises Unsure, which leaves the answer open, or another SendError."""
        address, now = address_of(chat), self._clock.now()
        number = await asyncio.to_thread(self._outbox.begin_answer, address, now)
        try:
            message_id = await self._sender.send(chat, message, reply_to=reply_to)
        except Unsure:
            raise
        except SendError as trouble:
            await asyncio.to_thread(self._outbox.drop_answer, number)
            self._close(chat, trouble)
            raise
        if message_id is not None:
            await asyncio.to_thread(
                self._outbox.end_answer, number, address, message_id, begun_before=now - DOUBT_WAIT
            )
        return message_id

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        self._keep_patience(chat)
        try:
            return await self._sender.edit(chat, message_id, message)
        except RetryLater as asked:
            self._close(chat, asked)
            raise

    async def delete(self, chat: Chat, message_id: int) -> bool:
        return await self._sender.delete(chat, message_id)

    async def reads_back(self, chat: Chat) -> bool:
        return await self._sender.reads_back(chat)

    async def in_doubt(self, chat: Chat) -> bool:
        """Whether an alert to this chat will soon be looked for; what waits for hours does not count."""
        if self._pace.in_doubt(chat):
            return True
        soon = self._clock.now() + 2 * DOUBT_WAIT
        return await asyncio.to_thread(self._outbox.in_doubt, address_of(chat), soon)

    def _keep_patience(self, chat: Chat) -> None:
        if left := self._pace.held_for(chat):
            raise RetryLater(timedelta(seconds=left))

    def _close(self, chat: Chat, trouble: SendError) -> None:
        if isinstance(trouble, RetryLater):
            self._pace.close(chat, trouble.after.total_seconds())


class Speech:
    """Answers people beside the loop that listens to them; one answer at a time per chat, in order."""

    def __init__(
        self,
        inbox: Inbox,
        sender: Sender,
        outbox: Outbox,
        orders: Orders,
        clock: Clock,
        pace: Pace,
        where: Whereabouts,
    ) -> None:
        self._inbox = inbox
        self._sender = _Noting(sender, outbox, clock, pace)
        self._where = where
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

    def toast(self, press_id: str, words: str = "", *, to_read: bool = False) -> None:
        """End a press, with a few words beside the button or, `to_read`, in a box of their own."""
        self._begin(self._inbox.answer_press(press_id, words, to_read=to_read))

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
            reply = await self._computed(place, reply, reply.later, reply_to)
        await self._post(place, reply, reply_to, replaces)

    async def _computed(
        self,
        place: Place,
        reply: Reply,
        later: Callable[[], Coroutine[Any, Any, Reply]],
        reply_to: int | None,
    ) -> Reply:
        computing = asyncio.create_task(later())
        await asyncio.wait({computing}, timeout=_SOON)
        if not computing.done():
            await self._post(place, reply, reply_to, None)
        try:
            return await computing
        # The edge of one answer: whoever asked should hear that there will be none.
        except Exception as bug:
            log.error("an answer could not be found", exc_info=bug)
            return said(reply.failed)

    async def _post(self, place: Place, reply: Reply, reply_to: int | None, replaces: int | None) -> None:
        turn = self._turns.setdefault(place.chat_id, asyncio.Lock())
        async with turn:
            try:
                chat = await asyncio.to_thread(self._orders.chat_at, place)
            except StoreError as error:
                log.error("an answer has nowhere to go", problem=str(error))
            else:
                await self._send(chat, reply.message(), reply_to, replaces)

    async def _send(self, chat: Chat, message: Message, reply_to: int | None, replaces: int | None) -> None:
        for number in range(1, _TRIES + 1):
            patience = self._pace.held_for(chat)
            if patience > _MOST_PATIENCE:
                break
            await asyncio.sleep(patience)
            line = Line(self._sender, self._pace, chat, message, partial(self._where.move, chat))
            try:
                await self._while_in_doubt(chat)
                if replaces is None or not await line.edit(replaces):
                    await line.send(reply_to)
            except RetryLater as asked:
                await self._hold(line.chat, asked.after)
            except (NotSent, Unsure):  # better twice than never
                await asyncio.sleep(backoff(number).total_seconds())
            except StoreError as error:
                log.error("an answer could not be noted", chat=chat.id, problem=str(error))
                return
            except SendError as trouble:
                log.warning("an answer was not sent", chat=chat.id, problem=str(trouble))
                return
            else:
                return
        log.warning("an answer was given up", chat=chat.id)

    async def _while_in_doubt(self, chat: Chat) -> None:
        for _ in range(int(_MOST_PATIENCE / _LOOK)):
            if not await self._sender.in_doubt(chat):
                return
            await asyncio.sleep(_LOOK)

    async def _hold(self, chat: Chat, after: timedelta) -> None:
        """Have alerts wait as well."""
        now = self._clock.now()
        try:
            await asyncio.to_thread(self._hold_all, chat, now + after, now)
        except StoreError as error:
            log.error("the patience asked for was not noted", problem=str(error))

    def _hold_all(self, chat: Chat, until: datetime, since: datetime) -> None:
        address = address_of(chat)
        for name in self._orders.names_at(address):
            self._outbox.hold_chat(name, until, since, address)
