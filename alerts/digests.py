"""Fold what was gathered, came too late, or waits in too great numbers into digests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from alerts.labels import labels
from alerts.render import MOST_IN_A_DIGEST
from monitor.core.digest import catch_up
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
            late = catch_up(waiting, now)
            made += self._fold(chat, late, labels(chat.language).catch_up, "catch-up", now)
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
        return self._outbox.release([one.id for one in self._outbox.gathered(now + _FAR, orphans)])

    def _tell(self, chat: Chat, gathered: Sequence[Delivery], now: datetime) -> int:
        if len(gathered) == 1:  # one alert tells itself better than a digest of one
            return self._outbox.release([gathered[0].id])
        return self._fold(chat, gathered, labels(chat.language).digest, "digest", now)

    def _fold(
        self, chat: Chat, deliveries: Sequence[Delivery], heading: str, name: str, now: datetime
    ) -> int:
        made = 0
        for number, lot in enumerate(_lots(deliveries), start=1):
            folded = self._outbox.fold(
                [one.id for one in lot],
                chat=chat.name,
                key=f"{name}:{now:%Y%m%dT%H%M%S}:{number}",
                heading=heading.format(count=len(lot)),
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


def _lots(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """As many as a message holds, the most urgent first, then the newest."""
    ranked = sorted(deliveries, key=_rank)
    for start in range(0, len(ranked), MOST_IN_A_DIGEST):
        yield ranked[start : start + MOST_IN_A_DIGEST]


def _rank(delivery: Delivery) -> tuple[int, float, DeliveryId]:
    urgency = _URGENCY.index(delivery.alert.verdict.priority) if delivery.alert else len(_URGENCY)
    return urgency, -delivery.queued_at.timestamp(), delivery.id
