"""Keys of titles and texts take the place of the bands of titles; those of the reports kept are made anew."""

import struct

import sqlalchemy as sa
from alembic import op

# Keys serve only as long as they are those the running code makes, so its own function makes them here.
from monitor.core.fingerprint import fingerprint

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LOT = 500  # reports held in memory at a time


def upgrade() -> None:
    op.add_column(
        "articles", sa.Column("samples", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)
    )
    op.create_table(
        "story_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", _SERIAL, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "article_id", name="pk_story_keys"),
        sqlite_with_rowid=False,
    )
    op.drop_table("story_bands")
    op.drop_column("articles", "bands")
    op.drop_column("articles", "shingles")
    _make_keys(op.get_bind())


def _make_keys(connection: sa.Connection) -> None:
    last = 0
    while lot := connection.execute(_READ, {"last": last, "lot": _LOT}).all():
        marks = [(row.id, fingerprint(row.title, row.body or row.summary)) for row in lot]
        connection.execute(
            _WRITE,
            [
                {
                    "id": article_id,
                    "samples": _packed(mark.samples),
                }
                for article_id, mark in marks
            ],
        )
        keys = [{"key": key, "article": article_id} for article_id, mark in marks for key in mark.keys]
        if keys:
            connection.execute(_ADD, keys)
        last = lot[-1].id


_READ = sa.text("SELECT id, title, summary, body FROM articles WHERE id > :last ORDER BY id LIMIT :lot")
_WRITE = sa.text("UPDATE articles SET samples = :samples WHERE id = :id")
_ADD = sa.text("INSERT INTO story_keys (key, article_id) VALUES (:key, :article)")


def _packed(numbers: list[int] | tuple[int, ...]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)
