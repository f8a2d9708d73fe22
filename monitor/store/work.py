"""One transaction over SQL: what the intake reads and writes."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    insert,
    select,
    union,
    update,
)

from monitor.core.errors import StoreError
from monitor.core.model import (
    AlertId,
    Article,
    ArticleId,
    ChatName,
    Decision,
    DeliveryState,
    Fingerprint,
    RobotsText,
    Skip,
    Source,
    SourceId,
    SourceState,
    Story,
    StoryId,
    Verdict,
)
from monitor.core.ports import MOST_ALIKE
from monitor.store import tables as t
from monitor.store.rows import (
    ARTICLE_COLUMNS,
    STORY_COLUMNS,
    columns_of,
    fingerprint_from,
    state_from,
    state_row,
    story_from,
    verdict_to_json,
)

_CHUNK = 500  # values in one IN list; SQLite took 999 for a long time


def chunks(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """The values in lots that fit one IN list."""
    left = iter(values)
    while lot := tuple(islice(left, _CHUNK)):
        yield lot


class SqlWork:
    """The `Work` of an open transaction that holds the write lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # sources

    def keep_sources(self, sources: Collection[Source], now: datetime) -> None:
        self._connection.execute(update(t.sources).values(watched=False))
        for source in sources:
            told = {
                "name": source.name,
                "tier": int(source.tier),
                "kind": source.kind,
                "watched": True,
            }
            first = {"next_poll_at": now, "validators": []}
            upsert(self._connection, t.sources, {"id": source.id}, told, first)

    def source_state(self, source_id: SourceId) -> SourceState | None:
        row = self._connection.execute(select(t.sources).where(t.sources.c.id == source_id)).one_or_none()
        return None if row is None else state_from(row._mapping)

    def save_source_state(self, state: SourceState) -> None:
        changed = self._connection.execute(
            update(t.sources).where(t.sources.c.id == state.source_id).values(**state_row(state))
        )
        if not changed.rowcount:
            raise StoreError(f"no source {state.source_id!r} is kept: keep_sources comes first")

    def robots(self, origin: str) -> RobotsText | None:
        row = self._connection.execute(select(t.robots).where(t.robots.c.origin == origin)).one_or_none()
        return None if row is None else RobotsText(**row._mapping)

    def save_robots(self, robots: RobotsText) -> None:
        row = columns_of(robots, ("text", "status", "fetched_at"))
        upsert(self._connection, t.robots, {"origin": robots.origin}, row)

    # articles and stories

    def known_keys(self, source_id: SourceId, keys: Collection[str]) -> frozenset[str]:
        wanted = (
            select(t.entry_keys.c.key)
            .where(t.entry_keys.c.source_id == source_id)
            .where(t.entry_keys.c.key.in_(bindparam("keys", expanding=True)))
        )
        found: set[str] = set()
        for lot in chunks(keys):
            found.update(self._connection.scalars(wanted, {"keys": lot}))
        return frozenset(found)

    def add_article(
        self,
        article: Article,
        *,
        keys: Collection[str],
        verdict: Verdict,
        decision: Decision,
        story_id: StoryId,
        fingerprint: Fingerprint,
    ) -> ArticleId:
        article_id = self._insert(
            t.articles,
            columns_of(article, ARTICLE_COLUMNS)
            | {
                "story_id": story_id,
                "relevant": verdict.relevant,
                "score": verdict.score,
                "verdict": verdict_to_json(verdict),
                "reason": decision.reason,
                "words": decision.words,
                "bands": fingerprint.bands,
                "shingles": sorted(fingerprint.shingles),
            },
        )
        fresh = dict.fromkeys(keys).keys() - self.known_keys(article.source_id, keys)
        self._insert_all(
            t.entry_keys,
            [{"source_id": article.source_id, "key": key, "article_id": article_id} for key in sorted(fresh)],
        )
        self._insert_all(
            t.story_bands,
            [{"band": band, "article_id": article_id} for band in dict.fromkeys(fingerprint.bands)],
        )
        return ArticleId(article_id)

    def similar(
        self, fingerprint: Fingerprint, canonical_url: str, since: datetime
    ) -> tuple[tuple[Story, Fingerprint], ...]:
        bands = {f"band{n}": band for n, band in enumerate(fingerprint.bands)}
        if not bands and not canonical_url:
            return ()
        values = {**bands, "since": since, **({"url": canonical_url} if canonical_url else {})}
        statement = _similar(len(bands), bool(canonical_url))
        rows = self._connection.execute(statement, values).mappings()
        return tuple((story_from(row), fingerprint_from(row)) for row in rows)

    def open_story(self, title: str, now: datetime) -> Story:
        story = Story(id=StoryId(0), title=title, opened_at=now, last_seen_at=now)
        return replace(story, id=StoryId(self._insert(t.stories, columns_of(story, STORY_COLUMNS))))

    def save_story(self, story: Story) -> None:
        changed = self._connection.execute(
            update(t.stories).where(t.stories.c.id == story.id).values(**columns_of(story, STORY_COLUMNS))
        )
        if not changed.rowcount:
            raise StoreError(f"no story {story.id} is kept")

    # outbox, the writing end

    def add_alert(self, story_id: StoryId, article_id: ArticleId, decision: Decision, now: datetime) -> bool:
        if isinstance(decision, Skip):
            return False
        key = f"story:{story_id}"
        chats = self._new_to(key, decision.chats)
        if not chats:
            return False
        alert_id = self._insert(
            t.alerts,
            {
                "story_id": story_id,
                "article_id": article_id,
                "reason": decision.reason,
                "words": decision.words,
                "decided_at": now,
            },
        )
        not_before = getattr(decision, "until", None)
        for chat in chats:
            self._queue(key, chat, now, alert_id=AlertId(alert_id), not_before=not_before)
        return True

    def add_notice(self, key: str, text: str, chat: ChatName, now: datetime) -> bool:
        if not self._new_to(key, (chat,)):
            return False
        self._queue(key, chat, now, notice=text)
        return True

    def _new_to(self, key: str, chats: Sequence[ChatName]) -> tuple[ChatName, ...]:
        having = self._connection.scalars(select(t.deliveries.c.chat).where(t.deliveries.c.key == key))
        had = set(having)
        return tuple(chat for chat in dict.fromkeys(chats) if chat not in had)

    def _queue(self, key: str, chat: ChatName, now: datetime, **columns: Any) -> None:
        queued = {"key": key, "chat": chat, "state": DeliveryState.QUEUED, "queued_at": now}
        self._insert(t.deliveries, queued | columns)

    # rows

    def _insert(self, table: Table, row: dict[str, Any]) -> int:
        key = self._connection.execute(insert(table).values(**row)).inserted_primary_key
        assert key is not None, "one row goes in at a time"
        return int(key[0])

    def _insert_all(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


def upsert(
    connection: Connection,
    table: Table,
    key: dict[str, Any],
    row: dict[str, Any],
    first: dict[str, Any] | None = None,
) -> None:
    """Change the row of this key, or insert it, then with the columns of `first` too.

    Two plain statements do, in any dialect, since the transaction holds the write lock.
    """
    this = [table.c[name] == value for name, value in key.items()]
    if not connection.execute(update(table).where(*this).values(**row)).rowcount:
        connection.execute(insert(table).values(**key, **row, **(first or {})))


@cache
def _similar(bands: int, by_url: bool) -> Select[Any]:
    """The look-up of similar reports; made once, since composing it costs ten times what running it does."""
    in_band, article = t.story_bands.c, t.articles.c
    looked_up = [_newest(in_band.article_id, in_band.band == bindparam(f"band{n}")) for n in range(bands)]
    if by_url:
        looked_up.append(_newest(article.id, article.canonical_url == bindparam("url")))
    return (
        select(t.stories, article.bands, article.shingles)
        .join_from(t.articles, t.stories)
        .where(article.id.in_(union(*looked_up)))
        .where(t.stories.c.last_seen_at >= bindparam("since"))
        .order_by(article.id)
    )


def _newest(article_id: Column[int], wanted: ColumnElement[bool]) -> Select[Any]:
    """The newest `MOST_ALIKE` articles that fulfil `wanted`, as a part of a union."""
    limited = (
        select(article_id.label("article_id")).where(wanted).order_by(article_id.desc()).limit(MOST_ALIKE)
    )
    return select(limited.subquery().c.article_id)
