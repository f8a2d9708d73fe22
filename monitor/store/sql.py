"""Everything is kept in one SQL database: Store, Outbox and Archive over SQLAlchemy Core."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select

from monitor.core.messages import Delivery, DeliveryKind
from monitor.core.model import Article, ArticleId, Reason, Verdict
from monitor.core.polling import SourceState
from monitor.store import tables as t
from monitor.store.archive import SqlArchive
from monitor.store.deliveries import deliveries
from monitor.store.engine import database_path, open_engine
from monitor.store.outbox import SqlOutbox
from monitor.store.rows import article_from, state_from, verdict_from_json
from monitor.store.rulebooks import SqlRuleBooks
from monitor.store.statements import by_id
from monitor.store.work import SqlWork


def open_store(url: str) -> "SqlStore":
    """Open the database a `sqlite:///path` URL names, made and migrated as needed.

    Raises UserError for a URL that names no SQLite file, StoreError for a file that cannot be used: damaged,
    read-only, locked, or of a newer schema.
    """
    path = database_path(url)
    return SqlStore(open_engine(path), path)


class SqlStore(SqlOutbox, SqlArchive, SqlRuleBooks):
    """A Store, an Outbox and an Archive; may be used from several threads."""

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        with self._write() as connection:
            yield SqlWork(connection)

    def due_sources(self, now: datetime) -> tuple[SourceState, ...]:
        watched = select(t.sources).where(t.sources.c.watched, t.sources.c.next_poll_at <= now)
        with self._read() as connection:
            rows = connection.execute(watched.order_by(t.sources.c.next_poll_at, t.sources.c.id)).mappings()
            return tuple(map(state_from, rows))

    def late_sources(self, after: datetime) -> tuple[SourceState, ...]:
        late = select(t.sources).where(t.sources.c.watched, t.sources.c.next_poll_at > after)
        with self._read() as connection:
            return tuple(map(state_from, connection.execute(late).mappings()))

    def source_states(self) -> tuple[SourceState, ...]:
        with self._read() as connection:
            rows = connection.execute(
                select(t.sources).where(t.sources.c.watched).order_by(t.sources.c.id)
            ).mappings()
            return tuple(map(state_from, rows))

    def recent_alerts(self, limit: int) -> tuple[Delivery, ...]:
        newest = (
            select(t.deliveries)
            .where(t.deliveries.c.kind.in_((DeliveryKind.ALERT, DeliveryKind.FOLLOW_UP)))
            .order_by(t.deliveries.c.queued_at.desc(), t.deliveries.c.id.desc())
            .limit(limit)
        )
        with self._read() as connection:
            return deliveries(connection, newest)

    def find_article(self, article_id: ArticleId) -> tuple[Article, Verdict, Reason, str] | None:
        with self._read() as connection:
            row = by_id(connection, t.articles, [article_id]).get(article_id)
        if row is None:
            return None
        return article_from(row), verdict_from_json(row["verdict"]), Reason(row["reason"]), row["words"]

    def article_count(self) -> int:
        with self._read() as connection:
            return int(connection.scalar(select(func.count()).select_from(t.articles)) or 0)
