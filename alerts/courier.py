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
from alerts.line import BareWordsRefused, Line
from alerts.pace import Pace, address_of, no_limits
from alerts.reactions import Reactions
from alerts.record import Record
from alerts.render import render
from alerts.whereabouts import Whereabouts
from monitor.core.errors import LeaseLost, SendError, StoreError
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState, Message
from monitor.core.model import ChatName
from monitor.core.outbox import (
    Accepted,
    Doubtful,
    Gone,
    Outcome,
    Unproved,
    Vanished,
    outcome_of,
    refused_bare,
    repeats_marked,
    settle,
)
from monitor.core.ports import Clock, Outbox, Sender
from monitor.core.settings import Channel, Chat, Config

# Chats of a channel served together: with the gap per chat this stays below Telegram's 30 messages a second.
_AT_ONCE = 20
_LONGEST_SLEEP = 1.0  # seconds between two looks at the outbox
_GRACE = 7.0  # seconds a send may still take once we are asked to stop

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


def forget(_chat: Chat) -> None:
    """Nobody asks under which id a chat was parked."""


class Courier:
    """One request in flight per address, many side by side; the outbox remembers everything.

    `pace` lets requests through no faster than the channel allows (at once by default).
    `tell` queues a notice for the operator under a key that makes it unique; `parked` is told of a chat
    that was parked, as it was configured when the request left.
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
        parked: Callable[[Chat], None] = forget,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._config = config
        self._lease = lease
        self._pace = pace or Pace(no_limits, over_all=None)
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by address
        self._record = Record()
        self._where = Whereabouts(config, outbox, self._record)
        self._doubts = Doubts(outbox, sender, clock, self._pace, self._record)
        self._reactions = Reactions(outbox, clock, self._record, config=config, tell=tell, parked=parked)
        self._problems = self._reactions.problems
        self._database_id = ""
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
        chats = {chat.name: chat for chat in await self._where.chats()}
        configured = {chat.name: chat for chat in self._config().chats}
        tasks = []
        for delivery in await self._claim(self._clock.now(), chats):
            chat = chats.get(delivery.chat)
            address = address_of(chat) if chat else delivery.chat
            delivering = self._deliver(delivery, chat, configured.get(delivery.chat))
            task = asyncio.create_task(delivering, name=f"delivery {delivery.id}")
            self._under_way[address] = task
            task.add_done_callback(partial(self._done, address))
            tasks.append(task)
        return tasks

    async def _claim(self, now: datetime, chats: Mapping[ChatName, Chat]) -> list[Delivery]:
        """Channel by channel: one that hangs holds up no other."""
        addresses = {name: address_of(chat) for name, chat in chats.items()}
        busy, claimed = self._busy(chats), list[Delivery]()
        try:
            for channel in sorted({chat.channel for chat in chats.values()}):
                most = self._slots(channel, chats, now)
                if most > 0:
                    others = {name for name, chat in chats.items() if chat.channel is not channel}
                    ask = partial(self._outbox.claim, now, self._lease, most, busy | others, addresses)
                    claimed.extend(await asyncio.to_thread(ask))
        except StoreError as error:
            self._problems["store"] = f"the outbox cannot be claimed: {error}"
        else:
            self._problems.pop("store", None)
        return claimed

    def _slots(self, channel: Channel, chats: Mapping[ChatName, Chat], now: datetime) -> int:
        theirs = {address_of(chat) for chat in chats.values() if chat.channel is channel}
        serving = len(theirs & self._under_way.keys())
        free = _AT_ONCE - serving
        if channel is not Channel.TELEGRAM:
            return free
        return self._reactions.telegram_slots(free, quiet=not serving, now=now)

    def _busy(self, chats: Mapping[ChatName, Chat]) -> frozenset[ChatName]:
        paced = (name for name, chat in chats.items() if self._pace.ready_in(chat) > 0)
        # The outbox remembers this over a restart, but by a clock that may be set.
        patient = (name for name, chat in chats.items() if self._pace.held_for(chat) > 0)
        serving = (name for name, chat in chats.items() if address_of(chat) in self._under_way)
        unknown = (ChatName(address) for address in self._under_way)  # chats that left the configuration
        return frozenset((*paced, *patient, *serving, *unknown))

    def _done(self, address: str, task: asyncio.Task[None]) -> None:
        del self._under_way[address]
        self._pace.settled(address)
        if not task.cancelled() and (bug := task.exception()):
            # Its outcome could not be recorded; the claim runs out.
            self._problems[f"bug:{address}"] = f"{task.get_name()} failed: {bug!r}"
        self.wake()

    # ── one delivery ──

    async def _deliver(self, delivery: Delivery, chat: Chat | None, configured: Chat | None) -> None:
        if chat is None:
            outcome: Outcome = Gone(why=NOT_CONFIGURED)
        else:
            delivery, outcome = await self._try_safely(chat, delivery)
        settled = settle(delivery, outcome, self._clock.now())
        if chat is not None:
            await self._reactions.react(chat, settled, outcome)
        if settled.state is DeliveryState.PARKED:
            await self._reactions.close_chat(settled.chat, settled.why, configured)
        with suppress(
            LeaseLost
        ):  # it was parked just now, or by somebody meanwhile: what they recorded stands
            await self._record(self._outbox.settle, settled)
        self._counts[_COUNTED[settled.state]] += 1
        await self._reactions.given_up(settled)

    async def _try_safely(self, chat: Chat, delivery: Delivery) -> tuple[Delivery, Outcome]:
        line: Line | None = None
        try:
            line = await self._line(chat, delivery)
            return await self._try(line, delivery)
        # The edge of one delivery: a bug of ours in rendering or sending it must stop no other one.
        except Exception as bug:
            log.error("a delivery failed", delivery=delivery.key, chat=chat.name, exc_info=bug)
            left = line is not None and line.asked and delivery.kind is not DeliveryKind.EDIT
            return delivery, self._reactions.trip(delivery, bug, left=left)

    async def _line(self, chat: Chat, delivery: Delivery) -> Line:
        self._database_id = self._database_id or await self._record(self._outbox.database_id)
        if (chat.name, chat.thread) in self._reactions.lost_topics:
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
        message = render(delivery, chat, zone=config.alerts.timezone, buttons=pressed)
        # Another database counts its messages from the beginning, too.
        return replace(message, key=f"{self._database_id}.{message.key}")

    async def _try(self, line: Line, delivery: Delivery) -> tuple[Delivery, Outcome]:
        if delivery.kind is DeliveryKind.EDIT:
            return delivery, await self._edit(line, delivery)
        if not delivery.maybe_sent:
            return await self._send(line, delivery)
        delivery, finding = await self._doubts.read_back(line, delivery)
        if not isinstance(finding, Unproved) or finding.rest or not repeats_marked(delivery):
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
        except BareWordsRefused as refusal:
            return refused_bare(delivery, str(refusal))
        except SendError as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Doubtful) and not line.moved:
                self._pace.doubt(line.chat)  # until `_done`
            return outcome
        finally:
            await self._reactions.topic_lost(line)
        return Accepted(message_id=message_id)

    async def _edit(self, line: Line, delivery: Delivery) -> Outcome:
        if delivery.first_message_id is None:
            return Vanished()
        try:
            there = await line.edit(delivery.first_message_id)
        except SendError as trouble:
            return outcome_of(trouble)
        return Accepted(message_id=None) if there else Vanished()

    # ── waiting ──

    async def _paced_only(self) -> float | None:
        """Seconds to wait when all that is due waits for the pace alone."""
        wait, now = self._until_paced(), self._clock.now()
        if wait is None or self._reactions.token_refused:
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


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
