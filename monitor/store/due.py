"""Which deliveries are due, decided on values: at most one per place, messages before edits, oldest first."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.core.messages import DeliveryState
from monitor.core.model import ChatName, DeliveryId

_AT_ONCE = datetime.min.replace(tzinfo=UTC)
# By so much clocks are set back in normal work. A wait decided further ahead than that is over: else a
# chat would be silent until the clock is where it was.
SLACK = timedelta(seconds=10)
# An edit counts as queued when its turn comes, a minute or so ahead: one much further ahead is of that kind.
EDIT_AHEAD = timedelta(hours=1)
OPEN = (DeliveryState.QUEUED, DeliveryState.WAITING, DeliveryState.UNSURE, DeliveryState.CLAIMED)
FINAL = (
    DeliveryState.SENT,
    DeliveryState.FOLDED,
    DeliveryState.MERGED,
    DeliveryState.MUTED,
    DeliveryState.DEAD,
)


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
    waits_since: datetime | None = None  # when `not_before` was decided
    edit: bool = False  # brings an earlier message up to date; anything new goes first

    @property
    def in_doubt(self) -> bool:
        """An earlier attempt may have arrived."""
        return self.maybe_sent or self.state in (DeliveryState.UNSURE, DeliveryState.CLAIMED)

    def due_at(self, now: datetime) -> datetime:
        """When its turn comes, other deliveries aside."""
        if self.state is DeliveryState.CLAIMED:
            return self.claimed_until or self.queued_at
        if self._decided_ahead(now):
            return _AT_ONCE
        # Not when it was queued: after a clock was set back that may be tomorrow.
        return self.not_before or _AT_ONCE

    def _decided_ahead(self, now: datetime) -> bool:
        """Whether its wait was decided by a clock that was set back since."""
        if self.state is not DeliveryState.QUEUED:
            return self.waits_since is not None and self.waits_since > now + SLACK
        if self.edit:
            return self.not_before is not None and self.not_before > now + EDIT_AHEAD
        return self.queued_at > now + SLACK


def pick(
    owed: Iterable[Owed],
    *,
    held: Mapping[ChatName, datetime],
    busy: Collection[ChatName],
    now: datetime,
    limit: int,
    addresses: Mapping[ChatName, str] | None = None,
) -> tuple[Owed, ...]:
    """The deliveries to claim at `now`: at most one per address, messages before edits, oldest first.

    A chat without an address is a place of its own. `limit` is the most that is picked.
    """
    places = addresses or {}
    closed = {_place(chat, places) for chat in blocked(held, busy, now, places)}
    turns = (_turn(waiting, now) for place, waiting in _by_place(owed, places).items() if place not in closed)
    due = [turn for turn in turns if turn is not None]
    return tuple(sorted(due, key=_order)[:limit])


def blocked(
    held: Mapping[ChatName, datetime],
    busy: Collection[ChatName],
    now: datetime,
    addresses: Mapping[ChatName, str],
) -> frozenset[ChatName]:
    """The chats that get nothing at `now`: busy or held ones, and those that share an address with one."""
    stopped = {*busy, *(chat for chat, until in held.items() if until > now)}
    closed = {addresses[chat] for chat in stopped if chat in addresses}
    return frozenset(stopped | {chat for chat, address in addresses.items() if address in closed})


def next_due_at(owed: Iterable[Owed], *, held: Mapping[ChatName, datetime], now: datetime) -> datetime | None:
    """When `pick` will next have something, `now` at the earliest; None when nothing is owed."""
    times = (
        max(now, _due_at(waiting, now), held.get(waiting[0].chat, now))
        for waiting in _by_place(owed, {}).values()
    )
    return min(times, default=None)


def _place(chat: ChatName, addresses: Mapping[ChatName, str]) -> tuple[str, bool]:
    """What counts as one chat; the flag keeps a chat's name from passing for an address."""
    return (addresses[chat], True) if chat in addresses else (chat, False)


def _by_place(owed: Iterable[Owed], addresses: Mapping[ChatName, str]) -> dict[tuple[str, bool], list[Owed]]:
    places: dict[tuple[str, bool], list[Owed]] = {}
    for one in owed:
        places.setdefault(_place(one.chat, addresses), []).append(one)
    return places


def _turn(waiting: list[Owed], now: datetime) -> Owed | None:
    if any(_in_flight(one, now) for one in waiting):
        return None
    return min((one for one in waiting if one.due_at(now) <= now), key=_order, default=None)


def _due_at(waiting: list[Owed], now: datetime) -> datetime:
    in_flight = [one.due_at(now) for one in waiting if _in_flight(one, now)]
    return max(in_flight) if in_flight else min(one.due_at(now) for one in waiting)


def _in_flight(one: Owed, now: datetime) -> bool:
    """Its lease runs: nothing else may go to the chat, so that a doubtful send can be told from others."""
    return one.state is DeliveryState.CLAIMED and one.due_at(now) > now


def _order(one: Owed) -> tuple[bool, datetime, int]:
    return one.edit, one.queued_at, one.id
