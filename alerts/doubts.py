"""What is done about a message that may have arrived: looked for where that is safe, or repeated, marked."""

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from alerts.line import Forbidden, Line
from alerts.pace import Pace, address_of
from alerts.readback import Range, Reading, misses_needed
from alerts.record import Record
from monitor.core.errors import ChatGone, ChatMigrated, MessageRefused, NotOurs, RetryLater, SendError
from monitor.core.messages import Delivery
from monitor.core.outbox import (
    MOST_NOTED,
    Accepted,
    FoundAt,
    Outcome,
    ProvedAbsent,
    Unproved,
    outcome_of,
    unseen,
)
from monitor.core.ports import Clock, Outbox, Sender
from monitor.core.settings import Channel

_JUST_BELOW = 3  # ids looked at below a message that was sent after a run of gaps


class Doubts:
    """Looks for messages in doubt; nothing is edited unless only the one looked for can be met."""

    def __init__(self, outbox: Outbox, sender: Sender, clock: Clock, pace: Pace, record: Record) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._pace = pace
        self._record = record

    async def read_back(self, line: Line, delivery: Delivery) -> tuple[Delivery, Outcome]:
        """Whether a message in doubt is there, with what is known of its place by now."""
        try:
            if not await self._sender.reads_back(line.chat):
                return unseen(delivery, harmless=line.chat.channel is Channel.WEBHOOK)
        # What is sent next goes after a chat that moved. A question that is refused is no message: it says
        # nothing of the one looked for, nor of whether the chat takes any.
        except (ChatMigrated, MessageRefused, ChatGone):
            return delivery, Unproved()
        except SendError as trouble:
            return delivery, outcome_of(trouble)
        address, above = address_of(line.chat), delivery.last_known_id
        ours = await self._others(delivery, address, above)
        if above is None or ours is None:
            return delivery, Unproved()
        reading = Reading(
            partial(self._look, line, above), Range(above=above, ours=ours, misses=misses_needed(address))
        )
        outcome = await reading.find()
        if line.moved and isinstance(outcome, FoundAt | ProvedAbsent):  # the ids are those of the old chat
            outcome = Unproved()
        return replace(delivery, last_known_id=None if line.moved else reading.reached), outcome

    async def _others(self, delivery: Delivery, address: str, above: int | None) -> frozenset[int] | None:
        """The ids above this one that are other messages; None when one of ours may be there unknown."""
        if above is None or await self._record(self._outbox.answer_open, address, above):
            return None
        if await self._record(self._outbox.others_in_doubt, address, delivery.id):
            return None
        others = await self._record(self._outbox.noted_messages, address, above)
        return others if len(others) < MOST_NOTED else None  # of more some are forgotten

    async def _look(self, line: Line, above: int, message_id: int) -> bool:
        async def check() -> None:
            # The bot may have spoken since the search began.
            address = address_of(line.chat)
            if await self._record(self._outbox.answer_open, address, above):
                raise Forbidden("an answer is under way")
            if message_id in await self._record(self._outbox.noted_messages, address, message_id - 1):
                raise NotOurs("another message is there")

        return await line.edit(message_id, check=check)

    async def undoubled(self, line: Line, delivery: Delivery, accepted: Accepted) -> Outcome:
        """A run of gaps may have been deleted messages: then an earlier try lies right below this one.

        That one stays, and this one is taken back.
        """
        above, now_at = delivery.last_known_id, accepted.message_id
        if above is None or now_at is None:
            return accepted
        earlier = await self._earlier(line, delivery, now_at)
        if earlier is None:
            return accepted
        await self._record(self._outbox.note_message, address_of(line.chat), now_at)
        with suppress(SendError):
            await self._kept_patience(line, line.delete(now_at))
        return FoundAt(message_id=earlier)

    async def _earlier(self, line: Line, delivery: Delivery, below: int) -> int | None:
        above = delivery.last_known_id or 0
        ours = await self._others(delivery, address_of(line.chat), above)
        if ours is None:
            return None
        for message_id in range(below - 1, max(above, below - 1 - _JUST_BELOW), -1):
            try:
                if message_id not in ours and await self._kept_patience(
                    line, self._look(line, above, message_id)
                ):
                    return message_id
            except NotOurs:
                continue
            except SendError:  # this one is there in any case
                return None
        return None

    async def _kept_patience(self, line: Line, request: Awaitable[bool]) -> bool:
        """What the request tells. A chat that asks for patience is closed and held: no outcome says so."""
        try:
            return await request
        except RetryLater as asked:
            self._pace.close(line.chat, asked.after.total_seconds())
            now, chat = self._clock.now(), line.chat
            await self._record(self._outbox.hold_chat, chat.name, now + asked.after, now, address_of(chat))
            raise
