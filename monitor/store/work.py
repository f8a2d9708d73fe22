"""One transaction over SQL: what the intake reads and writes."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, select, update

from monitor.core.errors import StoreError
from monitor.core.mark import Mark
from monitor.core.model import Article, ArticleId, Decision, Source, SourceId, StoryId, Verdict
from monitor.core.polling import RobotsText, SourceState
from monitor.core.profile import to_fields
from monitor.store import lookup, search
from monitor.store import tables as t
from monitor.store.owing import Owing
from monitor.store.pages import Pages
from monitor.store.rows import (
    ARTICLE_COLUMNS,
    columns_of,
    state_from,
    state_row,
    verdict_to_json,
)
from monitor.store.statements import chunks, insert_row, insert_rows, upsert
from monitor.store.stories import Stories


def _asked_as(source: Source) -> str:
    """A digest of what a source is asked for, and how: when it changes, what was told before is void."""
    return sha256(repr((source.feeds, source.verify_tls, source.browser)).encode()).hexdigest()[:16]


class SqlWork(Owing, Pages, Stories):
    """The `Work` of an open transaction that holds the write lock."""

    # sources

    def keep_sources(self, sources: Collection[Source], now: datetime) -> None:
        self._connection.execute(update(t.sources).values(watched=False))
        for source in sources:
            asked_as = _asked_as(source)
            self._connection.execute(
                update(t.sources)
                .where(t.sources.c.id == source.id, t.sources.c.asked_as.not_in(("", asked_as)))
                .values(next_poll_at=now, failures=0, problem="", cause=None)
            )
            told = {
                "asked_as": asked_as,
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

    # articles

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
        mark: Mark,
        placed: Collection[str] = (),
    ) -> ArticleId:
        article_id = insert_row(
            self._connection,
            t.articles,
            columns_of(article, ARTICLE_COLUMNS)
            | {
                "story_id": story_id,
                "relevant": verdict.relevant,
                "score": verdict.score,
                "verdict": verdict_to_json(verdict),
                "reason": decision.reason,
                "words": decision.words,
                "placed": list(placed),
                "profile": to_fields(mark.profile),
                "samples": mark.samples,
            },
        )
        fresh = dict.fromkeys(keys).keys() - self.known_keys(article.source_id, keys)
        insert_rows(
            self._connection,
            t.entry_keys,
            [{"source_id": article.source_id, "key": key, "article_id": article_id} for key in sorted(fresh)],
        )
        lookup.keep_keys(self._connection, article_id, mark.keys)
        search.index(self._connection, article_id, article)
        return ArticleId(article_id)
