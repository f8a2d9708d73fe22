"""Fold what was gathered, came too late, or waits in too great numbers into digests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from alerts.labels import labels
from alerts.render import MOST_IN_A_DIGEST
from monitor.core.digest import catch_up
from monitor.core.messages import Delivery
from monitor.core.model import ChatName, DeliveryId, Priority
from monitor.core.ports import Outbox
from monitor.core.settings import Chat, Config

_FAR = timedelta(days=400)  # no digest waits longer
_DIGEST, _CATCH_UP = "digest", "catch-up"  # what the keys of the two kinds begin with
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
            late = catch_up(waiting, now)
            joined = self._join(chat, late, now)
            made += bool(joined) + self._fold(chat, late[joined:], _CATCH_UP, now)
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
        return self._fold(chat, gathered, _DIGEST, now)

    def _join(self, chat: Chat, late: Sequence[Delivery], now: datetime) -> int:
        """Add late alerts, the oldest first, to the catch-up digest that waits: while an outage lasts they
        come in threes, and must not end as a message each time. Returns how many were taken up."""
        waiting = self._outbox.open_digest(chat.name, _CATCH_UP) if late else None
        room = MOST_IN_A_DIGEST - len(waiting.gathered) if waiting else 0
        if waiting is None or room <= 0:
            return 0
        lot = late[:room]
        words = labels(chat.language)
        joined = self._outbox.join_digest(
            waiting.id,
            [one.id for one in lot],
            heading=words.heading(words.catch_up, len(waiting.gathered) + len(lot)),
            silent=waiting.silent and all(one.silent for one in lot),
            now=now,
        )
        return len(lot) if joined else 0

    def _fold(self, chat: Chat, deliveries: Sequence[Delivery], name: str, now: datetime) -> int:
        words = labels(chat.language)
        lots = _lots(deliveries)
        made = 0
        for number, lot in enumerate(lots, start=1):
            folded = self._outbox.fold(
                [one.id for one in lot],
                chat=chat.name,
                key=f"{name}:{now:%Y%m%dT%H%M%S}:{number}",
                heading=words.heading(words.digest, len(deliveries), number, len(lots))
                if name == _DIGEST
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


def _lots(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Shared evenly over as many messages as they need, the most urgent first, then the newest."""
    ranked = sorted(deliveries, key=_rank)
    parts = ceil(len(ranked) / MOST_IN_A_DIGEST)
    bounds = [len(ranked) * part // parts for part in range(parts + 1)] if parts else []
    return [ranked[start:end] for start, end in pairwise(bounds)]


def _rank(delivery: Delivery) -> tuple[int, float, DeliveryId]:
    urgency = _URGENCY.index(delivery.alert.verdict.priority) if delivery.alert else len(_URGENCY)
    return urgency, -delivery.queued_at.timestamp(), delivery.id
