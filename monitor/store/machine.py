"""Machine-made texts: which are wanted, which were written, and the edits that bring them below messages."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true, update

from monitor.core.messages import DeliveryKind, DeliveryState, MachineText, TextWanted
from monitor.core.model import ArticleId, ChatName
from monitor.core.settings import Addition
from monitor.store import tables as t
from monitor.store.deliveries import alerts_by_id
from monitor.store.owing import owe_edit, under_way
from monitor.store.statements import upsert

Wish = tuple[Addition, str]  # what, and in which language

_d, _m = t.deliveries.c, t.machine_texts.c
_CAN_BE_EDITED = (_d.state == DeliveryState.SENT) & _d.message_id.is_not(None)


def wanted(
    connection: Connection, wishes: Mapping[ChatName, Wish], *, since: datetime, now: datetime
) -> TextWanted | None:
    """The text to ask for next: of all messages that lack theirs the one sent last."""
    newest: tuple[Any, Wish] | None = None
    for wish, chats in _by_wish(wishes).items():
        row = connection.execute(_lacking(wish, chats, since, now)).one_or_none()
        if row is not None and (newest is None or row.id > newest[0].id):
            newest = row, wish
    if newest is None:
        return None
    row, (kind, language) = newest
    alert = alerts_by_id(connection, [row.alert_id])[row.alert_id]
    return TextWanted(
        article_id=row.article_id, kind=kind, language=language, alert=alert, tries=row.tries or 0
    )


def _lacking(wish: Wish, chats: Collection[ChatName], since: datetime, now: datetime) -> Any:
    """The newest message to one of the chats that can be edited and has no text, nor was one given up."""
    kind, language = wish
    its_text = and_(_m.article_id == t.alerts.c.article_id, _m.kind == kind, _m.language == language)
    told = _CAN_BE_EDITED & (_d.kind == DeliveryKind.ALERT) & _d.chat.in_(chats) & (_d.queued_at >= since)
    foreign: ColumnElement[bool] = t.articles.c.language != language
    return (
        select(_d.id, _d.alert_id, t.alerts.c.article_id, _m.tries)
        .select_from(t.deliveries)
        .join(t.alerts, _d.alert_id == t.alerts.c.id)
        .join(t.articles, t.alerts.c.article_id == t.articles.c.id)
        .join(t.stories, t.alerts.c.story_id == t.stories.c.id)
        .outerjoin(t.machine_texts, its_text)
        .where(told, t.stories.c.muted_at.is_(None), or_(_m.article_id.is_(None), _m.next_try_at <= now))
        .where(foreign if kind is Addition.TRANSLATION else true())
        .order_by(_d.id.desc())
        .limit(1)
    )


def keep(
    connection: Connection,
    article_id: ArticleId,
    text: MachineText,
    chats: Collection[ChatName],
    now: datetime,
) -> int:
    """Keep a text, and owe an edit to those of the chats that were sent the article's alert; to how many."""
    made = {"text": text.text, "model": text.model, "made_at": text.made_at, "next_try_at": None, "why": ""}
    upsert(connection, t.machine_texts, _key(article_id, (text.kind, text.language)), made)
    alerts = select(t.alerts.c.id).where(t.alerts.c.article_id == article_id)
    ours = (_d.kind == DeliveryKind.ALERT) & _d.chat.in_(chats) & _d.alert_id.in_(alerts)
    # One that is under way was written without the text: `settle` owes the edit when its revision grew.
    connection.execute(update(t.deliveries).where(ours, under_way(_d)).values(revision=_d.revision + 1))
    rows = connection.execute(select(t.deliveries).where(ours, _CAN_BE_EDITED)).mappings().all()
    for row in rows:
        owe_edit(connection, row, row["key"].replace("story:", "edit:", 1), now)
    return len(rows)


def put_off(connection: Connection, text: TextWanted, why: str, next_try_at: datetime | None) -> None:
    """Note that a try failed; None: for good."""
    values = {"why": why, "next_try_at": next_try_at, "tries": text.tries + 1}
    upsert(connection, t.machine_texts, _key(text.article_id, (text.kind, text.language)), values)


def _key(article_id: ArticleId, wish: Wish) -> dict[str, Any]:
    kind, language = wish
    return {"article_id": article_id, "kind": kind, "language": language}


def _by_wish(wishes: Mapping[ChatName, Wish]) -> dict[Wish, list[ChatName]]:
    chats: dict[Wish, list[ChatName]] = {}
    for chat, wish in wishes.items():
        chats.setdefault(wish, []).append(chat)
    return chats
