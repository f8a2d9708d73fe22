"""Which deliveries are due: one answer for every store."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.core.model import ChatName, DeliveryId, DeliveryState

OPEN = (DeliveryState.QUEUED, DeliveryState.WAITING, DeliveryState.UNSURE, DeliveryState.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An open delivery, as far as its turn is concerned."""

    id: DeliveryId
    chat: ChatName
    state: DeliveryState
    queued_at: datetime
    not_before: datetime | None
    claimed_until: datetime | None
    maybe_sent: bool

    @property
    def in_doubt(self) -> bool:
        """An earlier attempt may have arrived."""
        return self.maybe_sent or self.state in (DeliveryState.UNSURE, DeliveryState.CLAIMED)

    @property
    def due_at(self) -> datetime:
        """When its turn comes, other deliveries aside."""
        if self.state is DeliveryState.CLAIMED:
            return self.claimed_until or self.queued_at
        return self.not_before or self.queued_at


def pick(
    owed: Iterable[Owed],
    *,
    held: Mapping[ChatName, datetime],
    busy: Collection[ChatName],
    now: datetime,
    limit: int,
) -> tuple[Owed, ...]:
    """The deliveries to claim at `now`: at most one per chat, oldest first, at most `limit`."""
    turns = (
        _turn(waiting, now)
        for chat, waiting in _by_chat(owed).items()
        if chat not in busy and _free(held.get(chat), now)
    )
    due = [turn for turn in turns if turn is not None]
    return tuple(sorted(due, key=_age)[:limit])


def next_due_at(owed: Iterable[Owed], *, held: Mapping[ChatName, datetime], now: datetime) -> datetime | None:
    """When `pick` will next have something, `now` at the earliest; None when nothing is owed."""
    times = [max(now, _due_at(waiting, now), held.get(chat, now)) for chat, waiting in _by_chat(owed).items()]
    return min(times, default=None)


def _by_chat(owed: Iterable[Owed]) -> dict[ChatName, list[Owed]]:
    chats: dict[ChatName, list[Owed]] = {}
    for one in owed:
        chats.setdefault(one.chat, []).append(one)
    return chats


def _turn(waiting: list[Owed], now: datetime) -> Owed | None:
    if any(_in_flight(one, now) for one in waiting):
        return None
    return min((one for one in waiting if _free(one.due_at, now)), key=_age, default=None)


def _due_at(waiting: list[Owed], now: datetime) -> datetime:
    in_flight = [one.due_at for one in waiting if _in_flight(one, now)]
    return max(in_flight) if in_flight else min(one.due_at for one in waiting)


def _in_flight(one: Owed, now: datetime) -> bool:
    """Its lease runs: nothing else may go to the chat, so that a doubtful send can be told from others."""
    return one.state is DeliveryState.CLAIMED and one.due_at > now


def _free(at: datetime | None, now: datetime) -> bool:
    return at is None or at <= now


def _age(one: Owed) -> tuple[datetime, int]:
    return one.queued_at, one.id
