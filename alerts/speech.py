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
from alerts.readback import Range, Reading, misses_needed, shares_sequence
from alerts.updates import Inbox, Place
from monitor.core.errors import NotSent, RetryLater, SendError, StoreError, Unsure
from monitor.core.model import Chat, Message
from monitor.core.outbox import DOUBT_WAIT, FoundAt, ProvedAbsent, RetryAfter, backoff
from monitor.core.ports import Clock, Outbox, Sender

_MOST_OPEN = 100  # answers under way; somebody who asks for more waits for nothing
_MOST_PATIENCE = 120.0  # seconds after which an answer is no answer any more
_TRIES = 4
_LOOKS, _GROUP_LOOKS = 1.1, 3.1  # seconds between two looks for an answer: one a second, 20 a minute
_SOON = 0.7  # seconds after which somebody who waits is told so
_GRACE = 3.0  # seconds that answers may still take once we are asked to stop

log = structlog.get_logger("policywire.bot")


class _Noting:
    """A Sender that has each message known before anything else goes to its chat.

    Reading back edits the ids above the last alert: it must neither take an answer for a doubtful alert nor
    write over it. So an answer in doubt is looked for at once, inside its turn of the pace, which alerts to
    the chat wait for. What another message was told to wait meanwhile, this one waits, too.
    """

    def __init__(self, sender: Sender, outbox: Outbox, orders: Orders, pace: Pace) -> None:
        self._sender = sender
        self._outbox = outbox
        self._orders = orders
        self._pace = pace

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        self._keep_patience(chat)
        try:
            message_id = await self._sender.send(chat, message, reply_to=reply_to)
        except Unsure:
            message_id = await self._looked_for(chat, message)
        except RetryLater as asked:
            self._pace.close(chat, asked.after.total_seconds())
            raise
        if message_id is not None:
            await asyncio.to_thread(self._outbox.note_message, address_of(chat), message_id)
        return message_id

    async def _looked_for(self, chat: Chat, message: Message) -> int | None:
        """The id of a message in doubt, None when that cannot be told. Raises NotSent: it is not there."""
        await asyncio.sleep(DOUBT_WAIT.total_seconds())  # the request may still be on its way
        ours = await asyncio.to_thread(self._known, chat)
        here = await asyncio.to_thread(self._outbox.noted_messages, address_of(chat), 0)
        above = max(here, default=None)
        misses = misses_needed(chat)
        between = _GROUP_LOOKS if chat.id.startswith(("-", "@")) else _LOOKS

        async def edit(message_id: int) -> bool:
            await asyncio.sleep(between)
            return await self._sender.edit(chat, message_id, message)

        found = await Reading(edit, Range(above=above, ours=ours, misses=misses)).find()
        if isinstance(found, RetryAfter):
            self._pace.close(chat, found.after.total_seconds())
        if isinstance(found, ProvedAbsent):
            await asyncio.sleep(found.wait.total_seconds())
            raise NotSent("it did not arrive")
        return found.message_id if isinstance(found, FoundAt) else None

    def _known(self, chat: Chat) -> frozenset[int]:
        """The ids that are known to be other messages, here or in the sequence that private chats share."""
        addresses = {address_of(chat)}
        if shares_sequence(chat):
            addresses.update(self._orders.shared_addresses())
        found = (self._outbox.noted_messages(address, 0) for address in addresses)
        return frozenset().union(*found)

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        self._keep_patience(chat)
        try:
            return await self._sender.edit(chat, message_id, message)
        except RetryLater as asked:
            self._pace.close(chat, asked.after.total_seconds())
            raise

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
        self._sender = _Noting(sender, outbox, orders, pace)
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
            reply = await self._computed(place, reply, reply.later, reply_to)
        await self._post(place, reply, reply_to, replaces)

    async def _computed(
        self, place: Place, reply: Reply, later: Callable[[], Reply], reply_to: int | None
    ) -> Reply:
        computing = asyncio.create_task(asyncio.to_thread(later))
        await asyncio.wait({computing}, timeout=_SOON)
        if not computing.done():
            await self._post(place, reply, reply_to, None)
        try:
            return await computing
        # The edge of one answer: whoever asked should hear that there will be none.
        except Exception as bug:
            log.error("an answer could not be found", exc_info=bug)
            return said("that failed here; the log tells why")

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
            line = Line(self._sender, self._pace, chat, message, partial(self._move, chat))
            try:
                if replaces is None or not await line.edit(replaces):
                    await line.send(reply_to)
            except RetryLater as asked:
                await self._hold(line.chat, asked.after)
            except (NotSent, Unsure):  # of what is sent it is known by now that it did not arrive
                await asyncio.sleep(backoff(number).total_seconds())
            except StoreError as error:
                log.error("an answer was sent, but could not be noted", chat=chat.id, problem=str(error))
                return
            except SendError as trouble:
                log.warning("an answer was not sent", chat=chat.id, problem=str(trouble))
                return
            else:
                return
        log.warning("an answer was given up", chat=chat.id)

    async def _hold(self, chat: Chat, after: timedelta) -> None:
        """Have alerts wait as well."""
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
