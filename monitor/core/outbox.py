"""What becomes of a claimed delivery: each outcome of a try leads to one next state.

The table of states and outcomes is in docs/operating.md; a test keeps it equal to this code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core import errors
from monitor.core.errors import SendError
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
# Longer than any request of ours may still be under way: 10 s for a connection, 10 s to get one of the pool,
# 30 s for the answer.
DOUBT_WAIT = timedelta(seconds=60)
TOKEN_WAIT = timedelta(minutes=5)
DIGEST_WAIT = timedelta(hours=1)
MOST_TRIPS = 5  # tries of a delivery on which our own code fails
# Of a message in doubt, on a channel that cannot tell whether it arrived; one more after an hour.
MOST_REPEATS = 3
# Sends of one message that came to nothing each time, over more than four hours: it is the message.
MOST_FRUITLESS = 12
_PATIENT_FROM = 3  # fruitless sends
MOST_NOTED = 500  # ids remembered per row of numbers, far more than one doubt spans
_SUPERGROUPS = -1_000_000_000_000  # Telegram's ids of supergroups and channels begin here, downwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The server took the message; without an id where the channel has none."""

    message_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAt:
    """Reading back met the doubtful message: an earlier try had arrived."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """The message to edit is gone or never had an id: there is nothing left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedAbsent:
    """Reading back showed that no earlier try arrived: the message may be sent, after `wait`, in which
    nothing may go to its chat."""

    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproved:
    """Reading back could not tell; what waits here is told later, marked. `rest`: an hour later."""

    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """The request left and no trustworthy answer came."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """The request provably never reached the server."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAfter:
    """The server refused it for now."""

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The server will never take this text."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAgain:
    """The server refuses this one once more in words that we do not know: it may be the text after all."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The chat takes no messages."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGone:
    """The forum topic takes no messages, and neither does the chat without it."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBad:
    """The server does not know the bot."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tripped:
    """Our own code failed on it, so many times by now; `left` when the request may have gone out."""

    why: str
    left: bool
    times: int


Outcome = (
    Accepted
    | FoundAt
    | Vanished
    | ProvedAbsent
    | Unproved
    | Doubtful
    | NotDelivered
    | RetryAfter
    | Refused
    | RefusedAgain
    | Gone
    | TopicGone
    | TokenBad
    | Tripped
)


def backoff(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … up to five minutes, by the number of tries made so far."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def shares_sequence(address: str) -> bool:
    """Whether messages of this address are numbered in the one row that all private chats and basic groups
    of a bot share.

    Supergroups and channels (ids from -1000000000000 downwards, or names) have a row of their own.
    """
    return address.removeprefix("-").isdecimal() and int(address) > _SUPERGROUPS


def patience(fruitless: int) -> timedelta:
    """How long a message rests that was sent so many times for nothing: not at first, then 1, 2, 4 …
    minutes, an hour at most. Others go out meanwhile."""
    if fruitless < _PATIENT_FROM:
        return timedelta(0)
    return min(DOUBT_WAIT * (1 << min(fruitless - _PATIENT_FROM, 20)), DIGEST_WAIT)


def unseen(delivery: Delivery, *, harmless: bool) -> tuple[Delivery, Unproved | Gone]:
    """What becomes of one in doubt on a channel that cannot tell whether any arrived.

    Where repeats are `harmless` it is repeated for ever; elsewhere a few times, once more an hour later, and
    then the chat is parked.
    """
    rested = MOST_REPEATS + 2  # counting the rest
    if harmless or delivery.doubts <= MOST_REPEATS or delivery.doubts == rested:
        return delivery, Unproved()
    if delivery.doubts < rested:
        return replace(delivery, doubts=rested), Unproved(rest=True)
    why = f"sent {MOST_REPEATS + 2} times without an answer that can be trusted: {delivery.why}"
    return delivery, Gone(why=why)


def refused_bare(delivery: Delivery, why: str) -> Gone | RefusedAgain:
    """What it means that even bare words are refused, in terms that we do not know.

    The chat is parked, unless a person resumed it and the same message meets the same words: then the others
    are tried first.
    """
    again = delivery.attempts > 1 and delivery.why == why
    return RefusedAgain(why=why) if again else Gone(why=why)


def outcome_of(trouble: SendError) -> Outcome:
    """What an error of the sender says about the delivery it was raised for."""
    why = str(trouble)
    match trouble:
        case errors.RetryLater():
            return RetryAfter(after=trouble.after)
        case errors.Unsure():
            return Doubtful(why=why)
        case errors.ChatGone():
            return Gone(why=why)
        case errors.TopicGone():
            return TopicGone(why=why)
        case errors.MessageRefused():
            return Refused(why=why)
        case errors.TokenRefused():
            return TokenBad(why=why)
        case errors.NotOurs():
            return Vanished()
        case _:  # no connection, or a chat that moves in circles
            return NotDelivered(why=why)


def settle(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """The delivery as it is recorded after a try. Only what can never be sent is dead."""
    match outcome:
        case Accepted():  # of one in doubt another copy may be there
            return _sent(delivery, outcome.message_id, now)
        case FoundAt():
            return _sent(replace(delivery, maybe_sent=False), outcome.message_id, now)
        case Vanished():
            return replace(_sent(delivery, None, now), why="the message is gone")
        case Refused():
            return _closed(delivery, DeliveryState.DEAD, outcome.why, now)
        case Gone() | TopicGone():
            return _closed(delivery, DeliveryState.PARKED, outcome.why, now)
        case Tripped():
            return _after_trip(delivery, outcome, now)
        case ProvedAbsent() | RefusedAgain():
            return _fruitless(delivery, outcome, now)
        case _:
            return _later(delivery, outcome, now)


def repeats_marked(delivery: Delivery) -> bool:
    """Whether a delivery nothing is known of goes out again, marked as a possible repeat.

    Better an alert twice than never; a digest can wait an hour, and is repeated after that.
    """
    return delivery.kind is not DeliveryKind.DIGEST or delivery.attempts > 2


def held_until(settled: Delivery, outcome: Outcome, now: datetime) -> datetime | None:
    """Until when nothing may go to the chat of what was settled like this at `now`; None when at once."""
    if settled.state not in (DeliveryState.WAITING, DeliveryState.UNSURE):
        return None
    match outcome:
        case RetryAfter():
            return settled.not_before
        case NotDelivered():
            # The next message would fare no better: waiting as a chat keeps them in order.
            return settled.not_before
        case ProvedAbsent(wait=wait) if wait > timedelta(0):
            return now + wait
        case Doubtful() | Tripped() if (
            # No other message may land where this one is looked for. The first message to a chat holds
            # nothing up: the next one tells where to look.
            settled.kind is not DeliveryKind.EDIT and settled.last_known_id is not None
        ):
            return settled.not_before
        case _:
            return None


def _fruitless(delivery: Delivery, outcome: ProvedAbsent | RefusedAgain, now: datetime) -> Delivery:
    if isinstance(outcome, RefusedAgain):
        delivery = replace(delivery, doubts=delivery.doubts + 1)
        wait, why = max(patience(delivery.doubts), DOUBT_WAIT), outcome.why
    else:
        wait, why = max(patience(delivery.doubts), outcome.wait), "it had not arrived"
        delivery = replace(delivery, maybe_sent=False, proved_absent=True)
    if delivery.doubts < MOST_FRUITLESS:
        return _waiting(delivery, now, wait, why)
    told = f"sent {delivery.doubts} times for nothing: {delivery.why}"
    return _closed(delivery, DeliveryState.DEAD, told, now)


def _later(
    delivery: Delivery,
    outcome: Unproved | Doubtful | NotDelivered | RetryAfter | TokenBad,
    now: datetime,
) -> Delivery:
    match outcome:
        case Unproved():
            return _waiting(replace(delivery, maybe_sent=True), now, DIGEST_WAIT, "it may have arrived")
        case Doubtful():
            pause = max(DOUBT_WAIT, backoff(delivery.attempts))
            return _waiting(replace(delivery, maybe_sent=True), now, pause, outcome.why)
        case NotDelivered():
            return _waiting(delivery, now, backoff(delivery.attempts), outcome.why)
        case RetryAfter():
            # Told not to wait at all, it waits as for a connection: else it would ask in circles.
            after = outcome.after if outcome.after >= FIRST_WAIT else backoff(delivery.attempts)
            return _waiting(delivery, now, after, f"asked to wait {outcome.after.total_seconds():g} s")
        case _:  # the token is refused
            return _waiting(delivery, now, TOKEN_WAIT, outcome.why)


def _after_trip(delivery: Delivery, trip: Tripped, now: datetime) -> Delivery:
    doubtful = replace(delivery, maybe_sent=delivery.maybe_sent or trip.left)
    if trip.times >= MOST_TRIPS:
        return _closed(doubtful, DeliveryState.DEAD, trip.why, now)
    return _waiting(doubtful, now, DOUBT_WAIT, trip.why)


def _sent(delivery: Delivery, message_id: int | None, now: datetime) -> Delivery:
    return replace(
        delivery,
        state=DeliveryState.SENT,
        message_id=message_id,
        not_before=None,
        waits_since=None,
        claimed_until=None,
        why="",
        settled_at=now,
    )


def _closed(delivery: Delivery, state: DeliveryState, why: str, now: datetime) -> Delivery:
    return replace(delivery, state=state, claimed_until=None, why=why, settled_at=now)


def _waiting(delivery: Delivery, now: datetime, wait: timedelta, why: str) -> Delivery:
    state = DeliveryState.UNSURE if delivery.maybe_sent else DeliveryState.WAITING
    return replace(delivery, state=state, not_before=now + wait, waits_since=now, claimed_until=None, why=why)
