"""Messages follow their story: into the one it was merged with, or along with reports that were split off."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from monitor.core.messages import DeliveryState
from monitor.core.model import ChatName, StoryId
from monitor.store import tables as t
from monitor.store.owing import release
from monitor.store.statements import by_id, chunks, insert_row, upsert

_d = t.deliveries.c
# The chat has not seen these, nor can it have: whoever closes them takes nothing back.
_UNTOLD: ColumnElement[bool] = and_(
    _d.state.in_((DeliveryState.GATHERED, DeliveryState.QUEUED, DeliveryState.WAITING, DeliveryState.PARKED)),
    _d.maybe_sent.is_(False),
)


def first_messages(connection: Connection, story_id: StoryId) -> dict[ChatName, RowMapping]:
    """The story's first message in each chat that is owed it or was."""
    first = select(t.deliveries).where(_d.key == f"story:{story_id}").order_by(_d.id)
    return {row["chat"]: row for row in connection.execute(first).mappings()}


def close(connection: Connection, which: ColumnElement[bool], state: DeliveryState, why: str) -> int:
    """Bring what was never told of these to a final state; returns how much."""
    closed = {"state": state, "why": why, "not_before": None, "claimed_until": None}
    return connection.execute(update(t.deliveries).where(which, _UNTOLD).values(**closed)).rowcount


def hand_over(connection: Connection, into: StoryId, gone: StoryId) -> None:
    """Give `into` the messages of `gone` in chats that have none of its own, and close those of `gone` that
    were never told in the others."""
    having = first_messages(connection, into)
    theirs = first_messages(connection, gone)
    move(connection, gone, into, theirs.keys() - having.keys())
    for chat in sorted(theirs.keys() & having.keys()):
        _tell_once(connection, having[chat], theirs[chat], into)


def _tell_once(connection: Connection, ours: RowMapping, theirs: RowMapping, into: StoryId) -> None:
    """Close the message of the story that went, if it was never told; the other takes the earlier turn."""
    if ours["state"] == DeliveryState.DEAD:
        return  # then the chat would hear of neither
    this = _d.id == theirs["id"]
    if not close(connection, this, DeliveryState.MERGED, f"told by story {into}"):
        return
    it = _d.id == ours["id"]
    heard = {"silent": ours["silent"] and theirs["silent"]}
    connection.execute(update(t.deliveries).where(it, _UNTOLD).values(**heard))
    if theirs["state"] != DeliveryState.GATHERED:
        release(connection, it, ours["chat"])
    elif ours["state"] == DeliveryState.GATHERED:
        sooner = {"not_before": min(ours["not_before"], theirs["not_before"])}
        connection.execute(update(t.deliveries).where(it).values(**sooner))


def move(connection: Connection, source: StoryId, target: StoryId, chats: Collection[ChatName]) -> None:
    """Make the first messages of these chats, their edits and follow-ups those of another story, which has no
    first message there, and so neither edit nor follow-up.

    Their alerts go with them; one that other chats were told by, too, is copied.
    """
    moved: list[RowMapping] = []
    for chat in sorted(chats):
        for row in connection.execute(_all_of(source, chat)).mappings().all():
            key = _key_of(row["key"], source, target)
            connection.execute(update(t.deliveries).where(_d.id == row["id"]).values(key=key))
            moved.append(row)
    _move_alerts(connection, moved, target)


def _all_of(story_id: StoryId, chat: ChatName) -> Select[Any]:
    """The chat's first message of the story with its follow-ups and edits."""
    alerts = select(t.alerts.c.id).where(t.alerts.c.story_id == story_id)
    return select(t.deliveries).where(_d.alert_id.in_(alerts), _d.chat == chat).order_by(_d.id)


def _key_of(key: str, source: StoryId, target: StoryId) -> str:
    """The key with the other story's number: "edit:1", "story:1", "story:1:denied:7"."""
    kind, _, rest = key.partition(":")
    return f"{kind}:{target}{rest.removeprefix(str(source))}"


def _move_alerts(connection: Connection, moved: Collection[RowMapping], target: StoryId) -> None:
    rows: dict[int, list[int]] = {}
    for row in moved:
        rows.setdefault(row["alert_id"], []).append(row["id"])
    for alert_id, ids in rows.items():
        told_by_it = set(connection.scalars(select(_d.id).where(_d.alert_id == alert_id)))
        if told_by_it <= set(ids):
            connection.execute(update(t.alerts).where(t.alerts.c.id == alert_id).values(story_id=target))
        else:
            _copy_alert(connection, alert_id, ids, target)


def _copy_alert(connection: Connection, alert_id: int, ids: Collection[int], target: StoryId) -> None:
    alert = dict(by_id(connection, t.alerts, [alert_id])[alert_id])
    del alert["id"]
    copy = insert_row(connection, t.alerts, alert | {"story_id": target})
    for lot in chunks(ids):
        connection.execute(update(t.deliveries).where(_d.id.in_(lot)).values(alert_id=copy))


def hand_over_presses(connection: Connection, into: StoryId, gone: StoryId) -> None:
    """Make what people think of one story what they think of the other; of two presses the later counts."""
    p = t.presses.c
    ours = {row.user_id: row for row in connection.execute(select(t.presses).where(p.story_id == into))}
    for row in connection.execute(select(t.presses).where(p.story_id == gone)).all():
        if row.user_id in ours and ours[row.user_id].pressed_at >= row.pressed_at:
            continue
        key = {"story_id": into, "user_id": row.user_id}
        upsert(connection, t.presses, key, {"useful": row.useful, "pressed_at": row.pressed_at})
    connection.execute(delete(t.presses).where(p.story_id == gone))


def hand_over_partings(connection: Connection, into: StoryId, gone: StoryId) -> None:
    """Keep apart from `into` what a person took apart from `gone`."""
    pair = t.stories_apart.c
    for apart in (apart_from(connection, gone) - {into}) - apart_from(connection, into):
        connection.execute(insert(t.stories_apart), {"one": into, "other": apart})
    connection.execute(delete(t.stories_apart).where(or_(pair.one == gone, pair.other == gone)))


def apart_from(connection: Connection, story_id: StoryId) -> frozenset[StoryId]:
    """The stories that a person took apart from this one."""
    pair = t.stories_apart.c
    rows = connection.execute(
        select(pair.one, pair.other).where(or_(pair.one == story_id, pair.other == story_id))
    )
    return frozenset(StoryId(other if one == story_id else one) for one, other in rows)
