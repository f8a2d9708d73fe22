"""Digests, follow-ups and edits in the outbox, standing and tier of stories, presses, the search index."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from monitor.core.mark import Mark, mark_of
from monitor.core.model import Article
from monitor.core.profile import to_fields
from monitor.store import search
from monitor.store import tables as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What running stories are made of: the longest story window in use is half as long.
_RUNNING = timedelta(days=8)
_LOT = 200  # whole articles held in memory at a time
_URGENCY = ("low", "normal", "breaking")
# All that a mark is made of.
_MARKED = (
    *("source_id", "title", "url", "canonical_url", "seen_at", "summary", "body", "language"),
    *("published_at", "document_number"),
)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _stories()
    _deliveries()
    _new_tables()
    op.create_index("ix_alerts_story_id", "alerts", ["story_id"])
    op.create_index("ix_alerts_article_id", "alerts", ["article_id"])
    op.add_column("chats", sa.Column("parked_why", sa.Text(), nullable=True))
    op.add_column("chats", sa.Column("moved_from", sa.Text(), nullable=True))
    op.add_column("chats", sa.Column("held_since", sa.DateTime(), nullable=True))
    search.create(op.get_bind())
    search.index_all(op.get_bind())
    _mark(op.get_bind())


def _stories() -> None:
    op.add_column("stories", sa.Column("standing", sa.Text(), server_default="reported", nullable=False))
    op.add_column("stories", sa.Column("tier", sa.Integer(), server_default="5", nullable=False))
    op.add_column("stories", sa.Column("doctype", sa.Text(), server_default="other", nullable=False))
    op.add_column("stories", sa.Column("priority", sa.Text(), server_default="low", nullable=False))
    op.add_column("stories", sa.Column("muted_at", sa.DateTime(), nullable=True))
    # As SQL: Alembic would copy the table, which others point at.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE stories ADD COLUMN merged_into {number}"
        " CONSTRAINT fk_stories_merged_into REFERENCES stories (id)"
    )
    op.add_column("articles", sa.Column("placed", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("articles", sa.Column("profile", sa.JSON(), nullable=True))
    op.execute(
        "UPDATE stories SET tier = coalesce((SELECT min(sources.tier) FROM articles"
        " JOIN sources ON sources.id = articles.source_id WHERE articles.story_id = stories.id), 5)"
    )


def _mark(connection: sa.Connection) -> None:
    """Make the reports of running stories ones that later reports are compared with, as if taken in today.

    Without it every running story would be alerted again with its next report.
    """
    urgency: dict[int, int] = defaultdict(int)
    for row, mark in _marks(connection):
        profile = {"profile": to_fields(mark.profile), "samples": mark.samples}
        connection.execute(sa.update(t.articles).where(t.articles.c.id == row["id"]).values(**profile))
        _keep_keys(connection, row["id"], mark.keys)
        if row["relevant"]:
            urgency[row["story_id"]] = max(
                urgency[row["story_id"]], _URGENCY.index(row["verdict"]["priority"])
            )
    for story_id, place in urgency.items():
        connection.execute(_URGENT, {"id": story_id, "priority": _URGENCY[place]})


def _marks(connection: sa.Connection) -> Iterator[tuple[sa.RowMapping, Mark]]:
    # Here, for a new database has nothing to mark, and the words take their time to be read.
    from monitor.config.lexicon import shipped_lexicon

    a = t.articles.c
    newest = connection.scalar(sa.select(sa.func.max(a.seen_at)))
    if newest is None:
        return
    columns = (a.id, a.story_id, a.relevant, a.verdict, *(a[name] for name in _MARKED))
    recent = sa.select(*columns).where(a.seen_at >= newest - _RUNNING).order_by(a.id).limit(_LOT)
    after = 0
    while lot := connection.execute(recent.where(a.id > after)).mappings().all():
        for row in lot:
            article = Article(**{name: row[name] for name in _MARKED})
            yield row, mark_of(article, shipped_lexicon())
        after = lot[-1]["id"]


def _keep_keys(connection: sa.Connection, article_id: int, keys: tuple[int, ...]) -> None:
    k = t.story_keys.c
    known = set(connection.scalars(sa.select(k.key).where(k.article_id == article_id, k.key.in_(keys))))
    if fresh := [{"key": key, "article_id": article_id} for key in keys if key not in known]:
        connection.execute(sa.insert(t.story_keys), fresh)


_URGENT = sa.text("UPDATE stories SET priority = :priority WHERE id = :id")


def _deliveries() -> None:
    with op.batch_alter_table("deliveries") as batch:
        batch.add_column(sa.Column("kind", sa.Text(), server_default="alert", nullable=False))
        batch.add_column(sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("digest_id", _SERIAL, nullable=True))
        batch.add_column(sa.Column("first_id", _SERIAL, nullable=True))
        batch.add_column(sa.Column("last_known_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("claimed_address", sa.Text(), nullable=True))
        batch.add_column(sa.Column("doubts", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("proved_absent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("waits_since", sa.DateTime(), nullable=True))
        batch.create_foreign_key("fk_deliveries_digest_id", "deliveries", ["digest_id"], ["id"])
        batch.create_foreign_key("fk_deliveries_first_id", "deliveries", ["first_id"], ["id"])
        batch.drop_index("ix_deliveries_state_chat")
        batch.create_index(
            "ix_deliveries_turn", ["state", "chat", "queued_at", "id", "kind", "not_before", "first_id"]
        )
        batch.create_index("ix_deliveries_state_not_before_chat", ["state", "not_before", "chat"])
        batch.create_index("ix_deliveries_chat_message_id", ["chat", "message_id"])
        batch.create_index("ix_deliveries_alert_id", ["alert_id"])
        batch.create_index("ix_deliveries_digest_id", ["digest_id"])
    op.execute("UPDATE deliveries SET kind = 'notice' WHERE alert_id IS NULL")


def _new_tables() -> None:
    op.create_table(
        "stories_apart",
        sa.Column("one", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("other", _SERIAL, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["one"], ["stories.id"], name="fk_stories_apart_one"),
        sa.ForeignKeyConstraint(["other"], ["stories.id"], name="fk_stories_apart_other"),
        sa.PrimaryKeyConstraint("one", "other", name="pk_stories_apart"),
    )
    op.create_table(
        "own_messages",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("address", "message_id", name="pk_own_messages"),
    )
    op.create_index("ix_own_messages_shared_message_id", "own_messages", ["shared", "message_id"])
    op.create_table(
        "open_answers",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("below", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_open_answers"),
    )
    op.create_index("ix_open_answers_address", "open_answers", ["address"])
    op.create_table(
        "presses",
        sa.Column("story_id", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("pressed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_presses_story_id"),
        sa.PrimaryKeyConstraint("story_id", "user_id", name="pk_presses"),
    )
    op.create_table(
        "rulebooks",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("book", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_rulebooks"),
    )
    op.create_table(
        "bot_state",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_bot_state"),
    )
