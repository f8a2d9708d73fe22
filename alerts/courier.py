"""Carry each queued delivery to its chat: claim, render, send, settle."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar

from alerts.render import render
from alerts.retry import TOKEN_WAIT, after_trouble, backoff, parked, sent
from monitor.core.errors import (
    ChatMigrated,
    LeaseLost,
    MessageRefused,
    NotSent,
    RetryLater,
    SendError,
    StoreError,
    TokenRefused,
    Unsure,
)
from monitor.core.model import Chat, ChatName, Config, Delivery, DeliveryState, Message
from monitor.core.ports import Clock, Outbox, Sender

_AT_ONCE = 20  # chats served together: with the gap per chat this stays below Telegram's 30 messages a second
_LONGEST_SLEEP = 1.0  # seconds between two looks at the outbox
_LONGEST_STORE_WAIT = 30.0  # seconds: a disk with room again is noticed within a minute
_GRACE = 7.0  # seconds a send may still take once we are asked to stop

_COUNTED = {
    DeliveryState.SENT: "sent",
    DeliveryState.WAITING: "retried",
    DeliveryState.UNSURE: "retried",
    DeliveryState.PARKED: "parked",
    DeliveryState.DEAD: "dead",
}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def no_gap(_chat_id: str) -> timedelta:
    """Messages may follow each other at once."""
    return timedelta(0)


def tell_nobody(_key: str, _text: str) -> None:
    """There is no operator to tell."""


class Courier:
    """One request in flight per chat, many chats side by side; the outbox remembers everything.

    `gap` gives the least time between two messages to a chat id (Telegram's pace; none by default).
    `tell` queues a notice for the operator under a key that makes it unique.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        clock: Clock,
        *,
        config: Callable[[], Config],
        lease: timedelta = timedelta(seconds=120),
        gap: Callable[[str], timedelta] = no_gap,
        tell: Callable[[str, str], None] = tell_nobody,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._config = config
        self._lease = lease
        self._gap = gap
        self._tell = tell
        self._under_way: dict[ChatName, asyncio.Task[None]] = {}
        self._resting: dict[ChatName, float] = {}  # until when, on the loop's own monotonic clock
        self._refused_until: datetime | None = None
        self._problems: dict[str, str] = {}
        self._woken = asyncio.Event()
        self._counts: Counter[str] = Counter(dict.fromkeys(_COUNTED.values(), 0))

    @property
    def healthy(self) -> bool:
        return not self._problems

    @property
    def problem(self) -> str:
        """What stops the courier, in words; "" when nothing does."""
        return "; ".join(self._problems.values())

    @property
    def counters(self) -> dict[str, int]:
        """Outcomes since the start: sent, retried, parked, dead."""
        return dict(self._counts)

    def wake(self) -> None:
        """Look at the outbox now: something was queued."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; sends under way get a few seconds to end."""
        while not stop.is_set():
            self._woken.clear()
            await self._launch()
            await self._sleep(stop)
        await self._finish()

    async def deliver_due(self) -> int:
        """Deliver at most one message to each chat that is due; returns how many were tried.

        When all that is due waits for its chat's pace only, that is waited out first, so 0 means that nothing
        is due (or that nothing can be: see `problem`).
        """
        tasks = await self._launch()
        while not tasks and await self._paced_only():
            await asyncio.sleep(self._until_rested())
            tasks = await self._launch()
        await asyncio.gather(*tasks, return_exceptions=True)  # what failed is in `problem`
        return len(tasks)

    # ── claiming ──

    async def _launch(self) -> list[asyncio.Task[None]]:
        now = self._clock.now()
        if self._refused_until and now < self._refused_until:
            return []
        tasks = []
        for delivery in await self._claim(now):
            task = asyncio.create_task(self._deliver(delivery), name=f"delivery {delivery.id}")
            self._under_way[delivery.chat] = task
            task.add_done_callback(partial(self._done, delivery.chat))
            tasks.append(task)
        return tasks

    async def _claim(self, now: datetime) -> tuple[Delivery, ...]:
        # After a refused token one delivery is enough to learn whether it is good again.
        most = 1 if self._refused_until else _AT_ONCE - len(self._under_way)
        if most <= 0:
            return ()
        try:
            claimed = await asyncio.to_thread(self._outbox.claim, now, self._lease, most, self._busy())
        except StoreError as error:
            self._problems["store"] = f"the outbox cannot be claimed: {error}"
            return ()
        self._problems.pop("store", None)
        return claimed

    def _busy(self) -> frozenset[ChatName]:
        now = asyncio.get_running_loop().time()
        self._resting = {chat: until for chat, until in self._resting.items() if until > now}
        return frozenset((*self._under_way, *self._resting))

    def _done(self, chat: ChatName, task: asyncio.Task[None]) -> None:
        del self._under_way[chat]
        if not task.cancelled() and (bug := task.exception()):
            # One delivery that trips over a bug of ours must not stop the others; its claim runs out.
            self._problems[f"bug:{chat}"] = f"{task.get_name()} failed: {bug!r}"
        self.wake()

    # ── one delivery ──

    async def _deliver(self, delivery: Delivery) -> None:
        chat = await self._address(delivery.chat)
        if chat is None:
            outcome = parked(delivery, "the chat is not in config.yaml", self._clock.now())
        else:
            outcome = await self._try(chat, delivery)
        self._problems.pop(f"bug:{delivery.chat}", None)
        with suppress(LeaseLost):  # somebody parked it meanwhile: what they recorded stands
            await self._persist(self._outbox.settle, outcome)
        self._counts[_COUNTED[outcome.state]] += 1
        if outcome.state is DeliveryState.PARKED:
            await self._close_chat(delivery.chat, outcome.why)

    async def _try(self, chat: Chat, delivery: Delivery) -> Delivery:
        message = render(delivery, zone=self._config().alerts.timezone)
        try:
            message_id = await self._send(chat, message)
        except SendError as trouble:
            await self._react(chat, trouble, delivery.attempts)
            return after_trouble(delivery, trouble, self._clock.now())
        finally:
            self._rest(chat)
        self._token_works()
        return sent(delivery, message_id, self._clock.now())

    async def _send(self, chat: Chat, message: Message) -> int | None:
        try:
            return await self._send_plain_if_refused(chat, message)
        except ChatMigrated as moved:
            await self._persist(self._outbox.move_chat, chat.name, str(moved.to))
            return await self._send_plain_if_refused(replace(chat, id=str(moved.to)), message)

    async def _send_plain_if_refused(self, chat: Chat, message: Message) -> int | None:
        try:
            return await self._sender.send(chat, message)
        except MessageRefused:
            return await self._sender.send(chat, replace(message, html=""))

    async def _address(self, name: ChatName) -> Chat | None:
        chat = next((chat for chat in self._config().chats if chat.name == name), None)
        if chat is None:
            return None
        moved_to = await self._persist(self._outbox.chat_id, name)
        return replace(chat, id=moved_to) if moved_to else chat

    # ── what an answer means for more than its own message ──

    async def _react(self, chat: Chat, trouble: SendError, attempts: int) -> None:
        now = self._clock.now()
        if isinstance(trouble, TokenRefused):
            self._problems["token"] = str(trouble)
            self._refused_until = now + TOKEN_WAIT
        elif not isinstance(trouble, NotSent | Unsure):
            self._token_works()
        # Without a connection the next message would fare no better: waiting as a chat keeps them in order.
        if isinstance(trouble, RetryLater):
            await self._persist(self._outbox.hold_chat, chat.name, now + trouble.after)
        elif isinstance(trouble, NotSent):
            await self._persist(self._outbox.hold_chat, chat.name, now + backoff(attempts))

    def _token_works(self) -> None:
        self._problems.pop("token", None)
        self._refused_until = None

    async def _close_chat(self, chat: ChatName, why: str) -> None:
        now = self._clock.now()
        await self._persist(self._outbox.park_chat, chat, why, now)
        if self._config().operator in (None, chat):
            return
        text = f"Chat {chat} takes no messages: {why}. What is due there is kept until that is mended."
        await self._persist(self._tell, f"chat-gone:{chat}:{now:%Y-%m-%d}", text)

    def _rest(self, chat: Chat) -> None:
        gap = self._gap(chat.id).total_seconds()
        if gap:
            self._resting[chat.name] = asyncio.get_running_loop().time() + gap

    # ── the outbox and the clock ──

    async def _persist(
        self, call: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """Call the outbox in a thread until it works.

        What was sent must be written down before anything else goes to that chat: on a full disk the chat
        stays busy, health is red, and the record is made as soon as there is room.
        """
        tries = 0
        while True:
            try:
                result = await asyncio.to_thread(call, *args, **named)
            except LeaseLost:
                raise
            except StoreError as error:
                tries += 1
                self._problems["store"] = f"the outbox cannot be written: {error}"
                await asyncio.sleep(min(backoff(tries).total_seconds(), _LONGEST_STORE_WAIT))
            else:
                self._problems.pop("store", None)
                return result

    async def _paced_only(self) -> bool:
        now = self._clock.now()
        if not self._resting or self._refused_until:
            return False
        due_at = await self._next_due_at(now)
        return due_at is not None and due_at <= now

    async def _next_due_at(self, now: datetime) -> datetime | None:
        try:
            return await asyncio.to_thread(self._outbox.next_due_at, now)
        except StoreError:
            return None  # the next claim meets the same trouble and reports it

    def _until_rested(self) -> float:
        """Seconds until the next chat may be written to again; a whole look's length when none rests."""
        now = asyncio.get_running_loop().time()
        return min((until - now for until in self._resting.values() if until > now), default=_LONGEST_SLEEP)

    async def _sleep(self, stop: asyncio.Event) -> None:
        now = self._clock.now()
        due_at = await self._next_due_at(now)
        until_due = (due_at - now).total_seconds() if due_at and due_at > now else _LONGEST_SLEEP
        seconds = min(_LONGEST_SLEEP, until_due, self._until_rested())
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._woken)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(waits)

    async def _finish(self) -> None:
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        # What is cut off here keeps its claim; when that runs out it counts as doubtful.
        await _cancel(tasks)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
