"""The open deliveries that can matter now: a queue may be long, but only the front of it is read."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    union_all,
)

from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ChatName
from monitor.store import due
from monitor.store import tables as t

_d = t.deliveries.c
_SEEN = (
    *(_d.id, _d.chat, _d.state, _d.kind, _d.queued_at),
    *(_d.not_before, _d.waits_since, _d.claimed_until, _d.maybe_sent),
)
_TRIED = (DeliveryState.CLAIMED, DeliveryState.WAITING, DeliveryState.UNSURE)


def owed(
    connection: Connection, now: datetime, besides: Collection[ChatName] = (), *, ahead: bool = False
) -> list[due.Owed]:
    """What may be due at `now`: all that was tried and, of what is queued, each chat's first.

    With `ahead` also what each chat gets next if nothing is due. A follow-up whose first message is still
    under way is not there yet. Chats in `besides` are not read.
    """
    ahead_of = {"late": now + due.SLACK, "edit_late": now + due.EDIT_AHEAD}
    values = {"now": now, "besides": tuple(besides), **ahead_of}
    return [
        due.Owed(
            id=row.id,
            chat=row.chat,
            state=DeliveryState(row.state),
            queued_at=row.queued_at,
            not_before=row.not_before,
            claimed_until=row.claimed_until,
            maybe_sent=row.maybe_sent,
            waits_since=row.waits_since,
            edit=row.kind == DeliveryKind.EDIT,
        )
        for row in connection.execute(_fronts(ahead), values)
    ]


@cache
def _fronts(ahead: bool) -> Select[Any]:
    """The statement of `owed`; made once, since composing it costs more than running it."""
    q = t.deliveries.alias("q")
    edit = q.c.kind == DeliveryKind.EDIT
    ripe = or_(
        q.c.not_before.is_(None),
        q.c.not_before <= bindparam("now"),
        # Decided by a clock that was set back since; see due.py.
        and_(~edit, q.c.queued_at > bindparam("late")),
        and_(edit, q.c.not_before > bindparam("edit_late")),
    )
    chats = select(_d.chat).where(_d.state == DeliveryState.QUEUED, _read_at_all()).distinct().cte("chats")
    oldest = (q.c.queued_at, q.c.id)
    fronts = [
        _front(chats, q, (ripe, ~edit, _first_is_settled(q)), by=oldest),
        _front(chats, q, (ripe, edit), by=oldest),
    ]
    if ahead:
        fronts.append(_front(chats, q, (q.c.not_before > bindparam("now"),), by=(q.c.not_before,)))
    tried = select(_d.id).where(_d.state.in_(_TRIED), _read_at_all())
    return select(*_SEEN).where(_d.id.in_(union_all(tried, *fronts)))


def _front(
    chats: CTE, q: Any, wanted: tuple[ColumnElement[bool], ...], *, by: tuple[ColumnElement[Any], ...]
) -> Select[Any]:
    """Of each chat the queued delivery that fulfils `wanted` and is the first `by` this column."""
    first = (
        select(q.c.id)
        .where(q.c.state == DeliveryState.QUEUED, q.c.chat == chats.c.chat, *wanted)
        .order_by(*by)
        .limit(1)
        .correlate(chats)
        .scalar_subquery()
    )
    return select(first).select_from(chats)


def _read_at_all() -> ColumnElement[bool]:
    return _d.chat.not_in(bindparam("besides", expanding=True))


def _first_is_settled(q: FromClause) -> ColumnElement[bool]:
    f = t.deliveries.alias("f")
    return or_(q.c.first_id.is_(None), exists().where(f.c.id == q.c.first_id, f.c.state.in_(due.FINAL)))
