"""The tables, written once for SQLite and PostgreSQL."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as naive UTC. A naive one is refused: its zone would be a guess."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without a zone cannot be kept: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Numbers(TypeDecorator[tuple[int, ...]]):
    """Signed 64-bit numbers, eight bytes each: a fingerprint in a tenth of the room of rows."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Iterable[int] | None, _dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        numbers = tuple(value)
        return struct.pack(f"<{len(numbers)}q", *numbers)

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> tuple[int, ...] | None:
        return None if value is None else struct.unpack(f"<{len(value) // 8}q", value)


# SQLite numbers rows by itself only where the key is exactly INTEGER.
_Serial = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("watched", Boolean, nullable=False),
    Column("next_poll_at", Moment, nullable=False),
    Column("first_polled_at", Moment),
    Column("last_polled_at", Moment),
    Column("last_ok_at", Moment),
    Column("newest_item_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Column("delay", Float, nullable=False, server_default="0"),
    Column("validators", JSON, nullable=False, server_default="[]"),
    Index(None, "watched", "next_poll_at"),
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)

stories = Table(
    "stories",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("title", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("alerted_at", Moment),
)

articles = Table(
    "articles",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("source_id", Text, ForeignKey("sources.id"), nullable=False),
    Column("story_id", _Serial, ForeignKey("stories.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("canonical_url", Text, nullable=False, index=True),
    Column("seen_at", Moment, nullable=False),
    Column("summary", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("body_from", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("published_at", Moment),
    Column("day_only", Boolean, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("document_number", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("verdict", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("bands", Numbers, nullable=False),
    Column("shingles", Numbers, nullable=False),
)

entry_keys = Table(
    "entry_keys",
    metadata,
    Column("source_id", Text, ForeignKey("sources.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("article_id", _Serial, ForeignKey("articles.id"), nullable=False),
)

story_bands = Table(
    "story_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", _Serial, ForeignKey("articles.id"), primary_key=True),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("story_id", _Serial, ForeignKey("stories.id"), nullable=False),
    Column("article_id", _Serial, ForeignKey("articles.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("key", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("alert_id", _Serial, ForeignKey("alerts.id")),
    Column("notice", Text, nullable=False, server_default=""),
    Column("not_before", Moment),
    Column("claimed_until", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("maybe_sent", Boolean, nullable=False, server_default=false()),
    Column("message_id", BigInteger),
    Column("why", Text, nullable=False, server_default=""),
    Column("settled_at", Moment),
    UniqueConstraint("key", "chat"),
    Index(None, "state", "chat"),
    Index(None, "queued_at"),
)

chats = Table(
    "chats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("held_until", Moment),
    Column("moved_to", Text),
)
