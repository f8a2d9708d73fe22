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
    text,
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
        return None if value is None else struct.unpack(f"<{len(value) // 8}q", value or b"")


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
    Column("newest_taken_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Column("delay", Float, nullable=False, server_default="0"),
    Column("validators", JSON, nullable=False, server_default="[]"),
    Column("cause", Text),
    Column("gap", Float),  # seconds
    Column("broken_since", Moment),
    Column("told_broken", Boolean, nullable=False, server_default=false()),
    Column("told_at", Moment),
    Column("lists", JSON, nullable=False, server_default="[]"),
    Column("asked_as", Text, nullable=False, server_default=""),  # a digest of what is asked for, and how
    Index(None, "watched", "next_poll_at"),
)

# Entries that are not kept yet, because their pages failed for a reason that passes.
pages_owed = Table(
    "pages_owed",
    metadata,
    Column("source_id", Text, ForeignKey("sources.id"), primary_key=True),
    Column("link", Text, primary_key=True),
    Column("entry", JSON, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("first_sight", Boolean, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),
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
    Column("standing", Text, nullable=False, server_default="reported"),
    Column("tier", Integer, nullable=False, server_default="5"),
    Column("doctype", Text, nullable=False, server_default="other"),
    Column("priority", Text, nullable=False, server_default="low"),
    Column("muted_at", Moment),
    Column("merged_into", _Serial, ForeignKey("stories.id")),
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
    Column("placed", JSON, nullable=False, server_default="[]"),  # why it belongs to its story, in words
    Column("profile", JSON),  # what grouping compares; none in articles of the first releases
    Column("samples", Numbers, nullable=False, server_default=text("''")),
)

# Stories a person took apart: they are never merged again.
stories_apart = Table(
    "stories_apart",
    metadata,
    Column("one", _Serial, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("other", _Serial, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
)

entry_keys = Table(
    "entry_keys",
    metadata,
    Column("source_id", Text, ForeignKey("sources.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("article_id", _Serial, ForeignKey("articles.id"), nullable=False),
)

# By these reports are looked up. No foreign key: it would be checked for each of the twenty rows of a report,
# which are written together with it.
story_keys = Table(
    "story_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", _Serial, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("story_id", _Serial, ForeignKey("stories.id"), nullable=False, index=True),
    Column("article_id", _Serial, ForeignKey("articles.id"), nullable=False, index=True),
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
    Column("kind", Text, nullable=False, server_default="alert"),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("alert_id", _Serial, ForeignKey("alerts.id"), index=True),
    # Of what was folded: the digest that tells it.
    Column("digest_id", _Serial, ForeignKey("deliveries.id"), index=True),
    # Of a follow-up or an edit: the message it replies to or changes, the digest's if the story was folded.
    Column("first_id", _Serial, ForeignKey("deliveries.id")),
    Column("notice", Text, nullable=False, server_default=""),
    Column("not_before", Moment),
    Column("claimed_until", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("maybe_sent", Boolean, nullable=False, server_default=false()),
    Column("message_id", BigInteger),
    Column("last_known_id", BigInteger),
    Column("claimed_address", Text),
    Column("why", Text, nullable=False, server_default=""),
    Column("settled_at", Moment),
    Column("doubts", Integer, nullable=False, server_default="0"),
    Column("proved_absent", Boolean, nullable=False, server_default=false()),
    Column("waits_since", Moment),
    UniqueConstraint("key", "chat"),
    # With all that decides whose turn it is, so that a long queue is passed over without reading its rows.
    Index("ix_deliveries_turn", "state", "chat", "queued_at", "id", "kind", "not_before", "first_id"),
    Index(None, "state", "not_before", "chat"),
    Index(None, "chat", "message_id"),
    Index(None, "queued_at"),
)

# What a language model wrote about an article; without `made_at`: is to write, or failed to for good.
machine_texts = Table(
    "machine_texts",
    metadata,
    Column("article_id", _Serial, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("text", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("made_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Moment),
    Column("why", Text, nullable=False, server_default=""),
)

chats = Table(
    "chats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("held_until", Moment),
    Column("moved_to", Text),
    Column("parked_why", Text),
    Column("moved_from", Text),  # the configured id for which `moved_to` holds
    Column("held_since", Moment),
    Column("held_address", Text),  # where the chat was then: whatever is there is held
)

# Ids of messages that are not a doubtful one: of the bot, and of people where they share a row of numbers.
own_messages = Table(
    "own_messages",
    metadata,
    Column("address", Text, primary_key=True),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shared", Boolean, nullable=False, server_default=false()),
    Index(None, "shared", "message_id"),
)

# The bot's answers whose id is not known: under way, or their acknowledgement was lost.
open_answers = Table(
    "open_answers",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("address", Text, nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("below", BigInteger),  # an id above the answer's, once one is known
)

presses = Table(
    "presses",
    metadata,
    Column("story_id", _Serial, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("useful", Boolean, nullable=False),
    Column("pressed_at", Moment, nullable=False),
)

# Every rule book that judged an article, by the version its verdict names.
rulebooks = Table(
    "rulebooks",
    metadata,
    Column("version", Text, primary_key=True),
    Column("book", JSON, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

bot_state = Table(
    "bot_state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
