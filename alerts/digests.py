"""Fold what was gathered, came too late, or waits in too great numbers into digests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from alerts.labels import labels
from monitor.core.digest import CATCH_UP, DIGEST, MOST_IN_A_DIGEST, catch_up, late
from monitor.core.messages import Delivery
from monitor.core.model import ChatName, DeliveryId, Priority
from monitor.core.ports import Outbox
from monitor.core.settings import Chat, Config

_FAR = timedelta(days=400)  # no digest waits longer
_URGENCY = (Priority.BREAKING, Priority.NORMAL, Priority.LOW)


class Digester:
    """Looks at the outbox when told; what it folds is one transaction each, so a crash loses nothing."""

    def __init__(self, outbox: Outbox, *, config: Callable[[], Config]) -> None:
        self._outbox = outbox
        self._config = config

    def fold_due(self, now: datetime) -> int:
        """Fold or release what is due at `now`; returns how many messages that made. Raises StoreError."""
        names = [chat.name for chat in self._config().chats]
        made = self._release_orphans(names, now)
        for chat, gathered in self._by_chat(self._outbox.gathered(now, names)):
            made += self._tell(chat, gathered, now)
        for chat, waiting in self._by_chat(self._outbox.open_alerts(now, names)):
            made += self._catch_up(chat, waiting, now)
        return made

    def fold_now(self, chats: Collection[ChatName], now: datetime) -> int:
        """Fold or release all that is gathered for these chats, due or not; returns how many messages that
        made. Raises StoreError."""
        gathered = self._by_chat(self._outbox.gathered(now + _FAR, chats))
        return sum(self._tell(chat, owed, now) for chat, owed in gathered)

    def _release_orphans(self, names: Sequence[ChatName], now: datetime) -> int:
        """Let what was gathered for chats that are not configured any more go the way of all messages: the
        courier parks it and says so."""
        orphans = self._outbox.orphans(names)
        if not orphans:
            return 0
        return self._outbox.release([one.id for one in self._outbox.gathered(now + _FAR, orphans)], now)

    def _tell(self, chat: Chat, gathered: Sequence[Delivery], now: datetime) -> int:
        if len(gathered) == 1:  # one alert tells itself better than a digest of one
            return self._outbox.release([gathered[0].id], now)
        return self._fold(chat, _ranked(gathered), DIGEST, now)

    def _catch_up(self, chat: Chat, waiting: Sequence[Delivery], now: datetime) -> int:
        """While an outage lasts, late alerts come by ones and threes: they must not end as a message each
        time. What finds no room in the digest that waits begins a new one."""
        joined = self._join(chat, late(waiting, now), now)
        left = [one for one in waiting if one.id not in joined]
        return bool(joined) + self._fold(chat, _in_order(catch_up(left, now)), CATCH_UP, now)

    def _join(self, chat: Chat, alerts: Sequence[Delivery], now: datetime) -> frozenset[DeliveryId]:
        """Add alerts, the oldest first, to the catch-up digest that waits; which were taken up."""
        waiting = self._outbox.open_digest(chat.name, CATCH_UP) if alerts else None
        lot = alerts[: MOST_IN_A_DIGEST - len(waiting.gathered)] if waiting else ()
        if waiting is None or not lot:
            return frozenset()
        words = labels(chat.language)
        joined = self._outbox.join_digest(
            waiting.id,
            [one.id for one in lot],
            heading=words.heading(words.catch_up, len(waiting.gathered) + len(lot)),
            silent=waiting.silent and all(one.silent for one in lot),
            now=now,
        )
        return frozenset(one.id for one in lot) if joined else frozenset()

    def _fold(self, chat: Chat, lots: Sequence[Sequence[Delivery]], name: str, now: datetime) -> int:
        words, count = labels(chat.language), sum(map(len, lots))
        made = 0
        for number, lot in enumerate(lots, start=1):
            folded = self._outbox.fold(
                [one.id for one in lot],
                chat=chat.name,
                key=f"{name}:{now:%Y%m%dT%H%M%S}:{number}",
                heading=words.heading(words.digest, count, number, len(lots))
                if name == DIGEST
                else words.heading(words.catch_up, len(lot)),  # more may join it
                silent=all(one.silent for one in lot),
                now=now,
            )
            made += bool(folded)
        return made

    def _by_chat(self, deliveries: Iterable[Delivery]) -> Iterator[tuple[Chat, list[Delivery]]]:
        """The deliveries of each configured chat."""
        owed: dict[ChatName, list[Delivery]] = {}
        for one in deliveries:
            owed.setdefault(one.chat, []).append(one)
        for chat in self._config().chats:
            if chat.name in owed:
                yield chat, owed[chat.name]


def _ranked(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Shared evenly over as many messages as they need, the most urgent first, then the newest."""
    ranked = sorted(deliveries, key=_rank)
    parts = ceil(len(ranked) / MOST_IN_A_DIGEST)
    bounds = [len(ranked) * part // parts for part in range(parts + 1)] if parts else []
    return [ranked[start:end] for start, end in pairwise(bounds)]


def _in_order(deliveries: Sequence[Delivery]) -> list[Sequence[Delivery]]:
    """In full messages, the oldest first: the last one takes up what comes late after them."""
    starts = range(0, len(deliveries), MOST_IN_A_DIGEST)
    return [deliveries[start : start + MOST_IN_A_DIGEST] for start in starts]


def _rank(delivery: Delivery) -> tuple[int, float, DeliveryId]:
    urgency = _URGENCY.index(delivery.alert.verdict.priority) if delivery.alert else len(_URGENCY)
    return urgency, -delivery.queued_at.timestamp(), delivery.id
