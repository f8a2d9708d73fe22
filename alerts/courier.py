"""Carry each queued delivery to its chat: claim, render, send, settle."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from alerts.doubts import Doubts
from alerts.line import Line
from alerts.pace import Pace, address_of, no_limits
from alerts.record import Record
from alerts.render import render
from alerts.whereabouts import Whereabouts
from monitor.core.errors import LeaseLost, SendError, StoreError
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState, Message
from monitor.core.model import ChatName, DeliveryId
from monitor.core.outbox import (
    TOKEN_WAIT,
    Accepted,
    Doubtful,
    Gone,
    NotDelivered,
    Outcome,
    ProvedAbsent,
    RetryAfter,
    TokenBad,
    Tripped,
    Unproved,
    Vanished,
    outcome_of,
    repeats_marked,
    settle,
)
from monitor.core.ports import Clock, Outbox, Sender
from monitor.core.settings import Channel, Chat, Config

_AT_ONCE = 20  # chats served together: with the gap per chat this stays below Telegram's 30 messages a second
_LONGEST_SLEEP = 1.0  # seconds between two looks at the outbox
_GRACE = 7.0  # seconds a send may still take once we are asked to stop
_LONG_HOLD = timedelta(minutes=10)  # a person should know of a longer silence

NOT_CONFIGURED = "the chat is not in config.yaml"

_COUNTED = {
    DeliveryState.SENT: "sent",
    DeliveryState.WAITING: "retried",
    DeliveryState.UNSURE: "retried",
    DeliveryState.PARKED: "parked",
    DeliveryState.DEAD: "dead",
}

log = structlog.get_logger("policywire.courier")


def tell_nobody(_key: str, _text: str) -> None:
    """There is no operator to tell."""


class Courier:
    """One request in flight per address, many side by side; the outbox remembers everything.

    `pace` lets requests through no faster than the channel allows (at once by default).
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
        pace: Pace | None = None,
        tell: Callable[[str, str], None] = tell_nobody,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._config = config
        self._lease = lease
        self._pace = pace or Pace(no_limits, over_all=None)
        self._tell = tell
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by address
        self._record = Record()
        self._where = Whereabouts(config, outbox, self._record)
        self._doubts = Doubts(outbox, sender, self._pace, self._record)
        self._lost_topics: set[tuple[ChatName, int]] = set()
        self._trips: Counter[DeliveryId] = Counter()
        self._refused_at: datetime | None = None  # when the token was refused last
        self._problems: dict[str, str] = {}
        self._woken = asyncio.Event()
        self._counts: Counter[str] = Counter(dict.fromkeys(_COUNTED.values(), 0))

    @property
    def where(self) -> Whereabouts:
        """Where the chats are; whoever meets a chat that moved says it here."""
        return self._where

    @property
    def healthy(self) -> bool:
        return not self.problem

    @property
    def problem(self) -> str:
        """What stops the courier, in words; "" when nothing does."""
        return "; ".join(filter(None, (self._record.problem, *self._problems.values())))

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
        while not tasks and (wait := await self._paced_only()):
            await asyncio.sleep(wait)
            tasks = await self._launch()
        await asyncio.gather(*tasks, return_exceptions=True)  # what failed is in `problem`
        return len(tasks)

    # ── claiming ──

    async def _launch(self) -> list[asyncio.Task[None]]:
        now = self._clock.now()
        # A refusal in the future is over: the clock was set back.
        if self._refused_at and self._refused_at <= now < self._refused_at + TOKEN_WAIT:
            return []
        chats = {chat.name: chat for chat in await self._where.chats()}
        tasks = []
        for delivery in await self._claim(now, chats):
            chat = chats.get(delivery.chat)
            address = address_of(chat) if chat else delivery.chat
            task = asyncio.create_task(self._deliver(delivery, chat), name=f"delivery {delivery.id}")
            self._under_way[address] = task
            task.add_done_callback(partial(self._done, address))
            tasks.append(task)
        return tasks

    async def _claim(self, now: datetime, chats: Mapping[ChatName, Chat]) -> tuple[Delivery, ...]:
        # After a refused token one delivery is enough to learn whether it is good again.
        most = 1 if self._refused_at else _AT_ONCE - len(self._under_way)
        if most <= 0:
            return ()
        addresses = {name: address_of(chat) for name, chat in chats.items()}
        busy = self._busy(chats)
        try:
            claimed = await asyncio.to_thread(self._outbox.claim, now, self._lease, most, busy, addresses)
        except StoreError as error:
            self._problems["store"] = f"the outbox cannot be claimed: {error}"
            return ()
        self._problems.pop("store", None)
        return claimed

    def _busy(self, chats: Mapping[ChatName, Chat]) -> frozenset[ChatName]:
        paced = (name for name, chat in chats.items() if self._pace.ready_in(chat) > 0)
        serving = (name for name, chat in chats.items() if address_of(chat) in self._under_way)
        unknown = (ChatName(address) for address in self._under_way)  # chats that left the configuration
        return frozenset((*paced, *serving, *unknown))

    def _done(self, address: str, task: asyncio.Task[None]) -> None:
        del self._under_way[address]
        self._pace.settled(address)
        if not task.cancelled() and (bug := task.exception()):
            # Its outcome could not be recorded; the claim runs out.
            self._problems[f"bug:{address}"] = f"{task.get_name()} failed: {bug!r}"
        self.wake()

    # ── one delivery ──

    async def _deliver(self, delivery: Delivery, chat: Chat | None) -> None:
        if chat is None:
            outcome: Outcome = Gone(why=NOT_CONFIGURED)
        else:
            delivery, outcome = await self._try_safely(chat, delivery)
        settled = settle(delivery, outcome, self._clock.now())
        if chat is not None:
            await self._react(chat, settled, outcome)
        with suppress(LeaseLost):  # somebody parked it meanwhile: what they recorded stands
            await self._record(self._outbox.settle, settled)
        self._counts[_COUNTED[settled.state]] += 1
        await self._report(settled)

    async def _try_safely(self, chat: Chat, delivery: Delivery) -> tuple[Delivery, Outcome]:
        line: Line | None = None
        try:
            line = self._line(chat, delivery)
            return await self._try(line, delivery)
        # The edge of one delivery: a bug of ours in rendering or sending it must stop no other one.
        except Exception as bug:
            self._trips[delivery.id] += 1
            log.error("a delivery failed", delivery=delivery.key, chat=chat.name, exc_info=bug)
            why = f"an error in our own code: {type(bug).__name__}"
            self._problems[f"bug:{delivery.id}"] = f"delivery {delivery.id}: {why}"
            left = line is not None and line.asked and delivery.kind is not DeliveryKind.EDIT
            return delivery, Tripped(why=why, left=left, times=self._trips[delivery.id])

    def _line(self, chat: Chat, delivery: Delivery) -> Line:
        if (chat.name, chat.thread) in self._lost_topics:
            chat = replace(chat, thread=None)
        # What is looked for, and an edit, read as the first try did: without the mark of a repeat.
        message = self._rendered(replace(delivery, maybe_sent=False), chat)
        remember = partial(self._where.move, chat)
        return Line(self._sender, self._pace, chat, message, remember, self._newest_noted)

    async def _newest_noted(self, chat: Chat) -> int | None:
        return await self._record(self._outbox.newest_noted, address_of(chat))

    def _rendered(self, delivery: Delivery, chat: Chat) -> Message:
        config = self._config()
        # Without anybody who may press them, buttons are noise.
        pressed = chat.channel is Channel.TELEGRAM and bool(config.bot.owners or config.bot.readers)
        return render(delivery, chat, zone=config.alerts.timezone, buttons=pressed)

    async def _try(self, line: Line, delivery: Delivery) -> tuple[Delivery, Outcome]:
        if delivery.kind is DeliveryKind.EDIT:
            return delivery, await self._edit(line, delivery)
        if not delivery.maybe_sent:
            return await self._send(line, delivery)
        delivery, finding = await self._doubts.read_back(line, delivery)
        if not isinstance(finding, Unproved) or not repeats_marked(delivery):
            return delivery, finding
        line.message = self._rendered(delivery, line.chat)
        return await self._send(line, delivery)

    async def _send(self, line: Line, delivery: Delivery) -> tuple[Delivery, Outcome]:
        outcome = await self._answer(line, delivery)
        if isinstance(outcome, Doubtful):
            delivery = replace(delivery, doubts=delivery.doubts + 1)
        if line.moved:  # there the old ids mean nothing
            return replace(delivery, last_known_id=None), outcome
        if not delivery.maybe_sent:
            # As it was when the request left: meanwhile the bot may have said something there.
            delivery = replace(delivery, last_known_id=line.newest or delivery.last_known_id)
        if isinstance(outcome, Accepted) and delivery.proved_absent:
            outcome = await self._doubts.undoubled(line, delivery, outcome)
        return delivery, outcome

    async def _answer(self, line: Line, delivery: Delivery) -> Outcome:
        try:
            message_id = await line.send(delivery.first_message_id)
        except SendError as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Doubtful) and not line.moved:
                self._pace.doubt(line.chat)  # until `_done`
            return outcome
        finally:
            await self._tell_of_topic(line)
        return Accepted(message_id=message_id)

    async def _edit(self, line: Line, delivery: Delivery) -> Outcome:
        if delivery.first_message_id is None:
            return Vanished()
        try:
            there = await line.edit(delivery.first_message_id)
        except SendError as trouble:
            return outcome_of(trouble)
        return Accepted(message_id=None) if there else Vanished()

    # ── what an answer means for more than its own message ──

    async def _react(self, chat: Chat, settled: Delivery, outcome: Outcome) -> None:
        self._judge_token(outcome)
        self._problems.pop(f"bug:{address_of(chat)}", None)
        if not isinstance(outcome, Tripped) or settled.state is DeliveryState.DEAD:
            self._problems.pop(f"bug:{settled.id}", None)
            self._trips.pop(settled.id, None)
        if settled.not_before and _holds_chat(settled, outcome):
            since = settled.waits_since or self._clock.now()
            await self._record(self._outbox.hold_chat, chat.name, settled.not_before, since)
        if isinstance(outcome, RetryAfter) and outcome.after >= _LONG_HOLD:
            until = f"{settled.not_before:%Y-%m-%d %H:%M} UTC"
            text = (
                f"Telegram takes no messages for chat {chat.name} until {until}; they are kept and sent then."
            )
            await self._notify(chat.name, f"flood:{chat.name}:{until}", text)

    def _judge_token(self, outcome: Outcome) -> None:
        if isinstance(outcome, TokenBad):
            self._problems["token"] = outcome.why
            self._refused_at = self._clock.now()
        elif not isinstance(outcome, NotDelivered | Doubtful | Tripped | Unproved):
            self._problems.pop("token", None)
            self._refused_at = None

    async def _report(self, settled: Delivery) -> None:
        if settled.state is DeliveryState.PARKED:
            await self._close_chat(settled.chat, settled.why)
        elif settled.state is DeliveryState.DEAD and settled.kind is not DeliveryKind.NOTICE:
            text = f"The message {settled.key} for chat {settled.chat} was given up: {settled.why}."
            await self._notify(None, f"dead:{settled.id}", text)

    async def _close_chat(self, chat: ChatName, why: str) -> None:
        now = self._clock.now()
        await self._record(self._outbox.park_chat, chat, why, now)
        text = f"Chat {chat} takes no messages: {why}. What is due there is kept until that is mended."
        await self._notify(chat, f"chat-gone:{chat}:{now:%Y-%m-%d}", text)

    async def _tell_of_topic(self, line: Line) -> None:
        topic = line.lost_topic
        if topic is None:
            return
        name = line.chat.name
        self._lost_topics.add((name, topic))
        text = (
            f"Topic {topic} of chat {name} is closed or deleted; its messages go to the chat without a topic."
        )
        await self._notify(None, f"topic-gone:{name}:{topic}", text)

    async def _notify(self, about: ChatName | None, key: str, text: str) -> None:
        """Tell the operator, unless that would go to the chat it is about."""
        if self._config().operator not in (None, about):
            await self._record(self._tell, key, text)

    # ── waiting ──

    async def _paced_only(self) -> float | None:
        """Seconds to wait when all that is due waits for the pace alone."""
        wait, now = self._until_paced(), self._clock.now()
        if wait is None or self._refused_at:
            return None
        due_at = await self._next_due_at(now)
        return wait if due_at is not None and due_at <= now else None

    async def _next_due_at(self, now: datetime) -> datetime | None:
        try:
            return await asyncio.to_thread(self._outbox.next_due_at, now)
        except StoreError:
            return None  # the next claim meets the same trouble and reports it

    def _until_paced(self) -> float | None:
        """Seconds until the pace lets something to a chat through that had to wait; None when none waits."""
        waits = (self._pace.ready_in(chat) for chat in self._where.known())
        return min((wait for wait in waits if wait > 0), default=None)

    async def _sleep(self, stop: asyncio.Event) -> None:
        now = self._clock.now()
        due_at = await self._next_due_at(now)
        until_due = (due_at - now).total_seconds() if due_at and due_at > now else _LONGEST_SLEEP
        seconds = min(_LONGEST_SLEEP, until_due, self._until_paced() or _LONGEST_SLEEP)
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._woken)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(waits)

    async def _finish(self) -> None:
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        # What is cut off here keeps its claim; when that runs out it counts as doubtful.
        await _cancel(tasks)


def _holds_chat(settled: Delivery, outcome: Outcome) -> bool:
    match outcome:
        case RetryAfter():
            return True
        case NotDelivered():
            # The next message would fare no better: waiting as a chat keeps them in order.
            return True
        case ProvedAbsent(wait=wait):
            return wait > timedelta(0)
        case Doubtful() | Tripped():
            # No other message may land where this one is looked for. The first message to a chat holds
            # nothing up: the next one tells where to look.
            return settled.kind is not DeliveryKind.EDIT and settled.last_known_id is not None
        case _:
            return False


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
