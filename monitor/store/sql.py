"""Everything is kept in one SQL database: the Store and the Outbox over SQLAlchemy Core."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, Table, func, select, update

from monitor.core.errors import LeaseLost
from monitor.core.model import (
    Alert,
    Article,
    ArticleId,
    ChatName,
    Delivery,
    DeliveryState,
    Reason,
    SourceState,
    Verdict,
)
from monitor.store import due
from monitor.store import tables as t
from monitor.store.engine import database_path, in_words, open_engine, writing
from monitor.store.rows import (
    alert_from,
    article_from,
    delivery_from,
    state_from,
    verdict_from_json,
)
from monitor.store.turn import Turn
from monitor.store.work import SqlWork, chunks, upsert


def open_store(url: str) -> "SqlStore":
    """Open the database a `sqlite:///path` URL names, made and migrated as needed.

    Raises UserError for a URL that names no SQLite file, StoreError for a file that cannot be used: damaged,
    read-only, locked, or of a newer schema.
    """
    path = database_path(url)
    return SqlStore(open_engine(path), path)


class SqlStore:
    """A Store and an Outbox; may be used from several threads."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._writer = writing(engine)
        self._path = path
        self._turn = Turn()

    @contextmanager
    def work(self) -> Iterator[SqlWork]:
        with self._write() as connection:
            yield SqlWork(connection)

    def due_sources(self, now: datetime) -> tuple[SourceState, ...]:
        watched = select(t.sources).where(t.sources.c.watched, t.sources.c.next_poll_at <= now)
        with self._read() as connection:
            rows = connection.execute(watched.order_by(t.sources.c.next_poll_at, t.sources.c.id)).mappings()
            return tuple(map(state_from, rows))

    def source_states(self) -> tuple[SourceState, ...]:
        with self._read() as connection:
            rows = connection.execute(
                select(t.sources).where(t.sources.c.watched).order_by(t.sources.c.id)
            ).mappings()
            return tuple(map(state_from, rows))

    def recent_alerts(self, limit: int) -> tuple[Delivery, ...]:
        newest = (
            select(t.deliveries)
            .where(t.deliveries.c.alert_id.is_not(None))
            .order_by(t.deliveries.c.queued_at.desc(), t.deliveries.c.id.desc())
            .limit(limit)
        )
        with self._read() as connection:
            return _deliveries(connection, newest)

    def find_article(self, article_id: ArticleId) -> tuple[Article, Verdict, Reason, str] | None:
        with self._read() as connection:
            row = (
                connection.execute(select(t.articles).where(t.articles.c.id == article_id))
                .mappings()
                .one_or_none()
            )
        if row is None:
            return None
        return article_from(row), verdict_from_json(row["verdict"]), Reason(row["reason"]), row["words"]

    def article_count(self) -> int:
        with self._read() as connection:
            return int(connection.scalar(select(func.count()).select_from(t.articles)) or 0)

    def close(self) -> None:
        self._engine.dispose()

    # outbox, the reading end

    def claim(
        self, now: datetime, lease: timedelta, limit: int, busy: Collection[ChatName]
    ) -> tuple[Delivery, ...]:
        with self._write() as connection:
            held = _held(connection, now)
            owed = _owed(connection, besides=(*busy, *held))
            picked = due.pick(owed, held=held, busy=busy, now=now, limit=limit)
            for one in picked:
                connection.execute(
                    update(t.deliveries)
                    .where(t.deliveries.c.id == one.id)
                    .values(
                        state=DeliveryState.CLAIMED,
                        claimed_until=now + lease,
                        attempts=t.deliveries.c.attempts + 1,
                        maybe_sent=one.in_doubt,
                    )
                )
            ids = [one.id for one in picked]
            claimed = select(t.deliveries).where(t.deliveries.c.id.in_(ids))
            return _deliveries(connection, claimed.order_by(t.deliveries.c.queued_at, t.deliveries.c.id))

    def end_leases(self, now: datetime) -> int:
        d = t.deliveries.c
        left = (d.state == DeliveryState.CLAIMED) & (d.claimed_until > now)
        with self._write() as connection:
            return connection.execute(update(t.deliveries).where(left).values(claimed_until=now)).rowcount

    def settle(self, delivery: Delivery) -> None:
        ours = (
            (t.deliveries.c.id == delivery.id)
            & (t.deliveries.c.state == DeliveryState.CLAIMED)
            & (t.deliveries.c.attempts == delivery.attempts)
        )
        outcome = {
            "state": delivery.state,
            "not_before": delivery.not_before,
            "claimed_until": delivery.claimed_until if delivery.state is DeliveryState.CLAIMED else None,
            "message_id": delivery.message_id,
            "why": delivery.why,
            "maybe_sent": delivery.maybe_sent,
            "settled_at": delivery.settled_at,
        }
        with self._write() as connection:
            if not connection.execute(update(t.deliveries).where(ours).values(**outcome)).rowcount:
                raise LeaseLost(f"lost the lease of delivery {delivery.id} ({delivery.key})")

    def hold_chat(self, chat: ChatName, until: datetime) -> None:
        with self._write() as connection:
            upsert(connection, t.chats, {"name": chat}, {"held_until": until})

    def park_chat(self, chat: ChatName, why: str, now: datetime) -> int:
        d = t.deliveries.c
        expired = (d.state == DeliveryState.CLAIMED) & (d.claimed_until <= now)
        in_doubt = d.maybe_sent | expired | (d.state == DeliveryState.UNSURE)
        with self._write() as connection:
            parked = connection.execute(
                update(t.deliveries)
                .where(d.chat == chat, d.state.in_(due.OPEN))
                .values(
                    state=DeliveryState.PARKED,
                    maybe_sent=in_doubt,
                    claimed_until=None,
                    why=why,
                    settled_at=now,
                )
            )
            return parked.rowcount

    def unpark_chat(self, chat: ChatName) -> int:
        parked = (t.deliveries.c.chat == chat) & (t.deliveries.c.state == DeliveryState.PARKED)
        with self._write() as connection:
            queued = connection.execute(
                update(t.deliveries)
                .where(parked)
                .values(state=DeliveryState.QUEUED, not_before=None, settled_at=None)
            )
            return queued.rowcount

    def move_chat(self, chat: ChatName, new_id: str) -> None:
        with self._write() as connection:
            upsert(connection, t.chats, {"name": chat}, {"moved_to": new_id})

    def chat_id(self, chat: ChatName) -> str | None:
        with self._read() as connection:
            return connection.scalar(select(t.chats.c.moved_to).where(t.chats.c.name == chat))

    def counts(self) -> dict[DeliveryState, int]:
        by_state = select(t.deliveries.c.state, func.count().label("number")).group_by(t.deliveries.c.state)
        with self._read() as connection:
            found = {row.state: row.number for row in connection.execute(by_state)}
        return {state: found.get(state, 0) for state in DeliveryState}

    def next_due_at(self, now: datetime) -> datetime | None:
        with self._read() as connection:
            return due.next_due_at(_owed(connection), held=_held(connection, now), now=now)

    # transactions

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._turn.taken(), in_words(self._path), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with in_words(self._path), self._engine.begin() as connection:
            yield connection


def _owed(connection: Connection, besides: Collection[ChatName] = ()) -> list[due.Owed]:
    """The open deliveries; those of the chats in `besides` are not even read, for a queue may be long."""
    d = t.deliveries.c
    still_open = (
        select(d.id, d.chat, d.state, d.queued_at, d.not_before, d.claimed_until, d.maybe_sent)
        .where(d.state.in_(due.OPEN))
        .where(d.chat.not_in(besides))
    )
    return [
        due.Owed(
            id=row.id,
            chat=row.chat,
            state=DeliveryState(row.state),
            queued_at=row.queued_at,
            not_before=row.not_before,
            claimed_until=row.claimed_until,
            maybe_sent=row.maybe_sent,
        )
        for row in connection.execute(still_open)
    ]


def _held(connection: Connection, now: datetime) -> dict[ChatName, datetime]:
    held = select(t.chats.c.name, t.chats.c.held_until).where(t.chats.c.held_until > now)
    return {row.name: row.held_until for row in connection.execute(held)}


def _deliveries(connection: Connection, wanted: Select[Any]) -> tuple[Delivery, ...]:
    rows = connection.execute(wanted).mappings().all()
    alerts = _alerts(connection, {row["alert_id"] for row in rows} - {None})
    return tuple(delivery_from(row, alerts.get(row["alert_id"])) for row in rows)


def _alerts(connection: Connection, ids: Collection[int]) -> dict[int, Alert]:
    alerts = _by_id(connection, t.alerts, ids)
    articles = _by_id(connection, t.articles, {row["article_id"] for row in alerts.values()})
    stories = _by_id(connection, t.stories, {row["story_id"] for row in alerts.values()})
    sources = _by_id(connection, t.sources, {row["source_id"] for row in articles.values()})
    made = {}
    for key, row in alerts.items():
        article = articles[row["article_id"]]
        made[key] = alert_from(
            row, story=stories[row["story_id"]], article=article, source=sources[article["source_id"]]
        )
    return made


def _by_id(connection: Connection, table: Table, ids: Collection[Any]) -> dict[Any, RowMapping]:
    found: dict[Any, RowMapping] = {}
    for lot in chunks(ids):
        rows = connection.execute(select(table).where(table.c.id.in_(lot))).mappings()
        found.update((row["id"], row) for row in rows)
    return found
