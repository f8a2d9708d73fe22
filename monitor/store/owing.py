"""The writing end of the outbox: messages are owed in the transaction that causes them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, update

from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ArticleId, ChatName, Decision, Due, Reason, Skip, StoryId
from monitor.store import due
from monitor.store import tables as t
from monitor.store.statements import insert_row

# Whatever happens to a story, these are told of it once; a change of its standing is told every time.
_ONCE = (Reason.HIGHER_TIER, Reason.CONTRADICTED, Reason.MORE_URGENT)
# Of a digest that has yet to be sent: what happens to its stories is told below it.
_ON_ITS_WAY = (*due.OPEN, DeliveryState.PARKED)

_NO_MESSAGE_OF_ITS_OWN = (
    DeliveryState.GATHERED,
    DeliveryState.FOLDED,
    DeliveryState.MERGED,
    DeliveryState.MUTED,
)

_d = t.deliveries.c


def owe(connection: Connection, *, key: str, chat: ChatName, now: datetime, **columns: Any) -> int:
    """Put a delivery in: queued unless `columns` say otherwise, parked with its chat. Returns its row."""
    row = {"key": key, "chat": chat, "state": DeliveryState.QUEUED, "queued_at": now} | columns
    if row["state"] == DeliveryState.QUEUED and (why := parked_why(connection, chat)) is not None:
        row |= {"state": DeliveryState.PARKED, "why": why, "settled_at": now}
    return insert_row(connection, t.deliveries, row)


def parked_why(connection: Connection, chat: ChatName) -> str | None:
    """Why the chat is parked; None when it is not."""
    return connection.scalar(select(t.chats.c.parked_why).where(t.chats.c.name == chat))


def release(connection: Connection, which: ColumnElement[bool], chat: ChatName, **changes: Any) -> int:
    """Queue those of the chat's gathered deliveries, parked with their chat; returns how many."""
    queued = {"state": DeliveryState.QUEUED, "not_before": None} | changes
    if (why := parked_why(connection, chat)) is not None:
        queued |= {"state": DeliveryState.PARKED, "why": why}
    gathered = (_d.chat == chat) & (_d.state == DeliveryState.GATHERED)
    return connection.execute(update(t.deliveries).where(which, gathered).values(**queued)).rowcount


def owe_edit(connection: Connection, first: RowMapping, key: str, not_before: datetime) -> None:
    """Owe an edit of the first message in this row: one row per key and chat, made or brought up to date."""
    edit = (
        connection.execute(select(t.deliveries).where(_d.key == key, _d.chat == first["chat"]))
        .mappings()
        .one_or_none()
    )
    if edit is None:
        owe(
            connection,
            key=key,
            chat=first["chat"],
            now=not_before,
            kind=DeliveryKind.EDIT,
            alert_id=first["alert_id"],
            first_id=first["id"],
            revision=1,
            silent=True,
            not_before=not_before,
        )
        return
    connection.execute(
        update(t.deliveries)
        .where(_d.id == edit["id"])
        .values(
            revision=_d.revision + 1, **_edit_again(edit, parked_why(connection, first["chat"]), not_before)
        )
    )


def _edit_again(edit: RowMapping, parked: str | None, not_before: datetime) -> dict[str, Any]:
    """What else changes of an edit that has one more change to tell."""
    state = DeliveryState(edit["state"])
    if state is DeliveryState.QUEUED:
        return {"not_before": edit["not_before"] and min(edit["not_before"], not_before)}
    if state is DeliveryState.CLAIMED:
        return {"not_before": not_before}  # for `settle`, which queues it again
    if state in (DeliveryState.WAITING, DeliveryState.UNSURE, DeliveryState.PARKED):
        return {}
    return {
        "state": DeliveryState.QUEUED if parked is None else DeliveryState.PARKED,
        "queued_at": not_before,
        "not_before": not_before,
        "attempts": 0,
        "maybe_sent": False,
        "why": parked or "",
        "settled_at": None,
    }


def under_way(d: Any) -> ColumnElement[bool]:
    """What may have been sent and is not settled yet: it may tell the story as it was before."""
    in_doubt = and_(d.maybe_sent, d.state.in_((*due.OPEN, DeliveryState.PARKED)))
    return or_(d.state.in_((DeliveryState.CLAIMED, DeliveryState.UNSURE)), in_doubt)


class Owing:
    """The part of a `Work` that owes messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def alerts_since(self, since: datetime) -> dict[ChatName, int]:
        own = select(_d.chat, func.count().label("number")).where(
            _d.queued_at >= since,
            _d.kind == DeliveryKind.ALERT,
            _d.state.not_in(_NO_MESSAGE_OF_ITS_OWN),
        )
        return {row.chat: row.number for row in self._connection.execute(own.group_by(_d.chat))}

    def add_alert(self, story_id: StoryId, article_id: ArticleId, decision: Decision, now: datetime) -> bool:
        if isinstance(decision, Skip):
            return False
        key = f"story:{story_id}"
        having = self._having(key)
        new: dict[ChatName, Due] = {}
        for one in decision.due:
            if one.chat not in having:
                new.setdefault(one.chat, one)
        if not new:
            return False
        alert_id = self._alert(story_id, article_id, decision.reason, decision.words, now)
        for one in new.values():
            owe(self._connection, key=key, chat=one.chat, now=now, alert_id=alert_id, **_turn(one))
        return True

    def chats_told(self, story_id: StoryId) -> dict[ChatName, DeliveryState]:
        first = select(_d.chat, _d.state).where(_d.key == f"story:{story_id}").order_by(_d.id)
        return {row.chat: DeliveryState(row.state) for row in self._connection.execute(first)}

    def hasten(
        self,
        story_id: StoryId,
        chats: Collection[ChatName],
        *,
        now: datetime | None = None,
        silent: bool | None = None,
    ) -> int:
        given = {"queued_at": now, "silent": silent}
        changes = {name: value for name, value in given.items() if value is not None}
        first = _d.key == f"story:{story_id}"
        return sum(release(self._connection, first, chat, **changes) for chat in set(chats))

    def add_follow_up(
        self,
        story_id: StoryId,
        article_id: ArticleId,
        reason: Reason,
        words: str,
        now: datetime,
        turns: Mapping[ChatName, Due] | None = None,
    ) -> int:
        once = reason in _ONCE
        key = f"story:{story_id}:{reason}" if once else f"story:{story_id}:{reason}:{article_id}"
        having = self._having(key)
        told = [row for row in self._told(story_id) if row["chat"] not in having]
        if not told:
            return 0
        alert_id = self._alert(story_id, article_id, reason, words, now)
        for row in told:
            owe(
                self._connection,
                key=key,
                chat=row["chat"],
                now=now,
                kind=DeliveryKind.FOLLOW_UP,
                alert_id=alert_id,
                first_id=row["digest_id"] or row["id"],
                **_reply_turn((turns or {}).get(row["chat"])),
            )
        return len(told)

    def touch_story(self, story_id: StoryId, not_before: datetime) -> int:
        first = _d.key == f"story:{story_id}"
        # One that is under way may carry the story as it was: `settle` owes the edit when its revision grew.
        self._connection.execute(
            update(t.deliveries).where(first, under_way(_d)).values(revision=_d.revision + 1)
        )
        sent = (_d.state == DeliveryState.SENT) & _d.message_id.is_not(None)
        rows = self._connection.execute(select(t.deliveries).where(first, sent)).mappings().all()
        for row in rows:
            owe_edit(self._connection, row, f"edit:{story_id}", not_before)
        return len(rows)

    def add_notice(self, key: str, text: str, chat: ChatName, now: datetime) -> bool:
        if chat in self._having(key):
            return False
        owe(self._connection, key=key, chat=chat, now=now, kind=DeliveryKind.NOTICE, notice=text)
        return True

    def _having(self, key: str) -> Collection[ChatName]:
        return set(self._connection.scalars(select(_d.chat).where(_d.key == key)))

    def _told(self, story_id: StoryId) -> list[RowMapping]:
        """The story's first messages that were sent or may have been, and those in a digest that was or will
        be."""
        digest = t.deliveries.alias("digest")
        told = or_(
            _d.state == DeliveryState.SENT,
            under_way(_d),
            digest.c.state.in_((DeliveryState.SENT, *_ON_ITS_WAY)),
        )
        first = (
            select(_d.id, _d.chat, _d.digest_id)
            .outerjoin(digest, _d.digest_id == digest.c.id)
            .where(_d.key == f"story:{story_id}", told)
            .order_by(_d.id)
        )
        return list(self._connection.execute(first).mappings())

    def _alert(
        self, story_id: StoryId, article_id: ArticleId, reason: Reason, words: str, now: datetime
    ) -> int:
        return insert_row(
            self._connection,
            t.alerts,
            {
                "story_id": story_id,
                "article_id": article_id,
                "reason": reason,
                "words": words,
                "decided_at": now,
            },
        )


def _turn(owed: Due) -> dict[str, Any]:
    if owed.gather_until is None:
        return {"silent": owed.silent}
    return {"silent": owed.silent, "state": DeliveryState.GATHERED, "not_before": owed.gather_until}


def _reply_turn(owed: Due | None) -> dict[str, Any]:
    """A reply is never told in a digest: it waits for the digest's time and goes out by itself."""
    return {} if owed is None else {"silent": owed.silent, "not_before": owed.gather_until}
