"""Find out whether a doubtful message arrived: the bot edits the ids just above the last one it knows.

Telegram has no key by which it would recognise a repeat. But an edit with the message's own text tells: it
succeeds, or says "message is not modified", only where a message of the bot is. Nothing of ours but the
doubtful message can lie there, for one request is in flight per chat and what the bot says besides is noted;
where that is not sure, or no id is known to start above, nothing is edited.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.core.errors import NotOurs, NotSent, SendError, Unsure
from monitor.core.outbox import (
    DOUBT_WAIT,
    Doubtful,
    FoundAt,
    NotDelivered,
    Outcome,
    ProvedAbsent,
    Refused,
    RetryAfter,
    Unproved,
    outcome_of,
    shares_sequence,
)

Edit = Callable[[int], Awaitable[bool]]  # edits the message of this id; as Sender.edit answers

_MOST_LOOKS = 30  # at a group's pace a minute and a half: within the lease of the claim
_TRIES = 4  # of one look, while its answers get lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where the doubtful message can lie."""

    above: int  # newest id known when it was sent
    ours: frozenset[int] = frozenset()  # ids of other messages, here or in the same sequence
    misses: int  # ids in a row without a message that show the end of the chat

    def ids(self) -> Iterator[int]:
        """The ids to look at, in order."""
        yield from (id for id in range(self.above + 1, self.end + _MOST_LOOKS + 1) if id not in self.ours)

    @property
    def end(self) -> int:
        """The newest id known of the chat by now: there is at least one message up to here."""
        return max(self.ours, default=self.above)


def misses_needed(address: str) -> int:
    """How many ids without a message show that none follows.

    A supergroup numbers without gaps, so a run is the end or a moderator's work; in a shared sequence the
    gaps are the messages of other chats.
    """
    return 20 if shares_sequence(address) else 8


@dataclass(slots=True)
class Reading:
    """One search; `reached` is the last id that is known not to be the one looked for."""

    edit: Edit
    range: Range
    reached: int | None = None
    blurred: bool = False  # a look's answer was lost: that edit may still be under way
    _misses: int = field(default=0, init=False)

    async def find(self) -> Outcome:
        """FoundAt, ProvedAbsent or Unproved; or what went wrong, with `reached` to go on from."""
        self.reached = self.range.above
        for looks, message_id in enumerate(self.range.ids()):
            if looks == _MOST_LOOKS:
                return Unproved()
            try:
                found = await self._look(message_id)
            except SendError as trouble:
                return self._after(trouble)
            if found:
                return FoundAt(message_id=message_id)
            if self._is_the_end(message_id):
                return ProvedAbsent(wait=self._rest())
        return Unproved()

    async def _look(self, message_id: int) -> bool:
        for _ in range(_TRIES - 1):
            try:
                return await self._edited(message_id)
            except NotSent:
                continue
            except Unsure:
                self.blurred = True
        return await self._edited(message_id)

    async def _edited(self, message_id: int) -> bool:
        try:
            found = await self.edit(message_id)
        except NotOurs:
            self._pass(message_id)
            return False
        self._misses += not found
        return found

    def _is_the_end(self, message_id: int) -> bool:
        if message_id <= self.range.end:  # something newer is known, so gaps up to here prove nothing
            self._pass(message_id)
        return self._misses >= self.range.misses

    def _pass(self, message_id: int) -> None:
        self._misses = 0
        self.reached = message_id

    def _after(self, trouble: SendError) -> Outcome:
        outcome = outcome_of(trouble)
        if isinstance(outcome, Refused):  # a look is no message: it says nothing of the one looked for
            return Unproved()
        if self.blurred and isinstance(outcome, RetryAfter):
            return RetryAfter(after=max(outcome.after, DOUBT_WAIT))
        if self.blurred and isinstance(outcome, NotDelivered):
            return Doubtful(why=outcome.why)
        return outcome

    def _rest(self) -> timedelta:
        # A late edit must not meet the id that the next message gets.
        return DOUBT_WAIT if self.blurred else timedelta(0)
