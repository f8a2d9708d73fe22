"""Many alerts in one message: digests are made of open alerts, and take up more of them until they leave.

None holds more than one message shows: what is folded is told.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from monitor.core.digest import MOST_IN_A_DIGEST
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import ChatName, DeliveryId
from monitor.store import due
from monitor.store import tables as t
from monitor.store.deliveries import deliveries
from monitor.store.owing import owe
from monitor.store.statements import chunks

_d = t.deliveries.c
# A chat has not seen these, nor can it have.
UNDELIVERED = _d.state.in_((DeliveryState.QUEUED, DeliveryState.WAITING)) & ~_d.maybe_sent


def fold(
    connection: Connection,
    ids: Collection[DeliveryId],
    *,
    chat: ChatName,
    key: str,
    heading: str,
    silent: bool,
    now: datetime,
) -> int:
    """Fold these of the chat's open alerts into a new digest; how many."""
    there = connection.scalar(select(_d.id).where(_d.key == key, _d.chat == chat))
    open_ids = [] if there else _foldable(connection, ids, chat)[:MOST_IN_A_DIGEST]
    if not open_ids:
        return 0
    named: dict[str, Any] = {"notice": heading, "silent": silent}
    digest = owe(connection, key=key, chat=chat, now=now, kind=DeliveryKind.DIGEST, **named)
    _tell_in(connection, digest, open_ids, chat, now)
    return len(open_ids)


def open_digest(connection: Connection, chat: ChatName, beginning: str) -> Delivery | None:
    """The chat's newest digest with a key that begins so, if it has not left, nor may have."""
    of_kind = (_d.kind == DeliveryKind.DIGEST) & _d.key.startswith(f"{beginning}:", autoescape=True)
    newest = select(t.deliveries).where(_d.chat == chat, of_kind, UNDELIVERED).order_by(_d.id.desc()).limit(1)
    return next(iter(deliveries(connection, newest)), None)


def join(
    connection: Connection,
    digest: DeliveryId,
    ids: Collection[DeliveryId],
    *,
    heading: str,
    silent: bool,
    now: datetime,
) -> int:
    """Fold these open alerts into a digest that has not left, under a new heading; how many."""
    chat = connection.scalar(select(_d.chat).where(_d.id == digest, UNDELIVERED))
    open_ids = _foldable(connection, ids, chat)[: _room(connection, digest)] if chat is not None else []
    if chat is None or not open_ids:
        return 0
    connection.execute(update(t.deliveries).where(_d.id == digest).values(notice=heading, silent=silent))
    _tell_in(connection, digest, open_ids, chat, now)
    return len(open_ids)


def _tell_in(
    connection: Connection, digest: int, folded: Collection[int], chat: ChatName, now: datetime
) -> None:
    """These are told by the digest; what answers them waits for it, and answers that."""
    ended = {"state": DeliveryState.FOLDED, "digest_id": digest, "not_before": None, "settled_at": now}
    yet_to_come = (_d.chat == chat) & _d.state.in_((*due.OPEN, DeliveryState.PARKED))
    follow_ups = yet_to_come & (_d.kind == DeliveryKind.FOLLOW_UP)
    for lot in chunks(folded):
        connection.execute(update(t.deliveries).where(_d.id.in_(lot)).values(**ended))
        answers = update(t.deliveries).where(follow_ups, _d.first_id.in_(lot))
        connection.execute(answers.values(first_id=digest))


def unfold(connection: Connection, digest: Delivery, now: datetime) -> None:
    """The digest will never be sent: its alerts are told one by one, and are news again.

    What answers one of them waits for it. If the digest may have arrived, so may they.
    """
    again = {"state": DeliveryState.QUEUED, "queued_at": now, "settled_at": None, "digest_id": None}
    maybe = {"maybe_sent": digest.maybe_sent}
    answers = (_d.first_id == digest.id) & (_d.kind == DeliveryKind.FOLLOW_UP)
    told = select(_d.id, t.alerts.c.story_id).join_from(t.deliveries, t.alerts, _d.alert_id == t.alerts.c.id)
    for row in connection.execute(told.where(_d.digest_id == digest.id)).all():
        of_story = select(t.alerts.c.id).where(t.alerts.c.story_id == row.story_id)
        theirs = update(t.deliveries).where(answers, _d.alert_id.in_(of_story))
        connection.execute(theirs.values(first_id=row.id))
        connection.execute(update(t.deliveries).where(_d.id == row.id).values(**again, **maybe))


def _room(connection: Connection, digest: int) -> int:
    told = select(func.count()).select_from(t.deliveries).where(_d.digest_id == digest)
    return max(0, MOST_IN_A_DIGEST - (connection.scalar(told) or 0))


def _foldable(connection: Connection, ids: Collection[DeliveryId], chat: ChatName) -> list[int]:
    whole = (_d.chat == chat) & (_d.kind == DeliveryKind.ALERT)
    still_open = whole & or_(_d.state == DeliveryState.GATHERED, UNDELIVERED)
    return [
        found
        for lot in chunks(ids)
        for found in connection.scalars(select(_d.id).where(_d.id.in_(lot), still_open))
    ]
