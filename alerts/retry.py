"""What becomes of a delivery after a try: arithmetic only, as values."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.errors import ChatGone, MessageRefused, RetryLater, SendError, TokenRefused, Unsure
from monitor.core.model import Delivery, DeliveryState

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
# Longer than any request of ours may still be under way (read timeout 30 s).
DOUBT_WAIT = timedelta(seconds=60)
TOKEN_WAIT = timedelta(minutes=5)


def backoff(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … up to five minutes, by the number of tries made so far."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def sent(delivery: Delivery, message_id: int | None, now: datetime) -> Delivery:
    """The delivery once its message was accepted."""
    return replace(
        delivery,
        state=DeliveryState.SENT,
        message_id=message_id,
        not_before=None,
        claimed_until=None,
        why="",
        settled_at=now,
    )


def parked(delivery: Delivery, why: str, now: datetime) -> Delivery:
    """The delivery while its chat takes no messages."""
    return replace(delivery, state=DeliveryState.PARKED, claimed_until=None, why=why, settled_at=now)


def after_trouble(delivery: Delivery, trouble: SendError, now: datetime) -> Delivery:
    """What to record after a failed try. Network trouble is never final; only a refused text is dead."""
    why = str(trouble)
    match trouble:
        case RetryLater():
            return _waiting(delivery, now + trouble.after, why)
        case TokenRefused():
            return _waiting(delivery, now + TOKEN_WAIT, why)
        case Unsure():
            pause = max(DOUBT_WAIT, backoff(delivery.attempts))
            doubtful = _waiting(delivery, now + pause, why)
            return replace(doubtful, state=DeliveryState.UNSURE, maybe_sent=True)
        case ChatGone():
            return parked(delivery, why, now)
        case MessageRefused():
            return replace(delivery, state=DeliveryState.DEAD, claimed_until=None, why=why, settled_at=now)
        case _:
            return _waiting(delivery, now + backoff(delivery.attempts), why)


def _waiting(delivery: Delivery, until: datetime, why: str) -> Delivery:
    return replace(
        delivery,
        state=DeliveryState.WAITING,
        not_before=until,
        claimed_until=None,
        why=why,
    )
