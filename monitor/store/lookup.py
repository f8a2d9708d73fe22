"""Reports that may tell one event, found by the keys they share, never by looking through all of them."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    select,
    union_all,
)

from monitor.core.ports import MOST_ALIKE, MOST_COMPARED
from monitor.store import tables as t
from monitor.store.statements import insert_rows


def keep_keys(connection: Connection, article_id: int, keys: Collection[int]) -> None:
    """Make the article one that is found by these keys."""
    rows = [{"key": key, "article_id": article_id} for key in keys]
    insert_rows(connection, t.story_keys, rows)


def find(
    connection: Connection, keys: Collection[int], canonical_url: str, since: datetime
) -> list[dict[str, Any]]:
    """Rows with the stories and profiles that `Work.similar` promises, those that share the most first."""
    if not keys and not canonical_url:
        return []
    values: dict[str, Any] = {f"key{n}": key for n, key in enumerate(keys)} | {"since": since}
    if canonical_url:
        values["url"] = canonical_url
    found = connection.execute(_alike(len(keys), bool(canonical_url)), values)
    names = tuple(found.keys())
    # Plain dicts: SQLAlchemy's mappings cost more to read than the look-up itself.
    return [dict(zip(names, row, strict=True)) for row in found]


@cache
def _alike(keys: int, by_url: bool) -> Select[Any]:
    """The look-up by so many keys; made once, since composing it costs ten times what running it does."""
    kept, article = t.story_keys.c, t.articles.c
    looked_up = [_newest(kept.article_id, kept.key == bindparam(f"key{n}")) for n in range(keys)]
    if by_url:
        looked_up.append(_newest(article.id, article.canonical_url == bindparam("url")))
    found = union_all(*looked_up).subquery()
    alike = select(found.c.article_id, func.count().label("shared")).group_by(found.c.article_id).subquery()
    return (
        select(t.stories, alike.c.article_id, article.profile, article.samples)
        .select_from(alike)
        .join(t.articles, article.id == alike.c.article_id)
        .join(t.stories, t.stories.c.id == article.story_id)
        .where(t.stories.c.last_seen_at >= bindparam("since"), article.profile.is_not(None))
        .order_by(alike.c.shared.desc(), alike.c.article_id.desc())
        .limit(MOST_COMPARED)
    )


def _newest(article_id: Column[int], wanted: ColumnElement[bool]) -> Select[Any]:
    """The newest `MOST_ALIKE` articles that fulfil `wanted`, as a part of a union."""
    limited = (
        select(article_id.label("article_id")).where(wanted).order_by(article_id.desc()).limit(MOST_ALIKE)
    )
    return select(limited.subquery().c.article_id)
