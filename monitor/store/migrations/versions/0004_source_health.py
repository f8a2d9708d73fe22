"""Why a source is unwell, since when, what the operator was told of it, and how often it publishes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("newest_taken_at", sa.DateTime(), nullable=True))
    op.add_column("sources", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("gap", sa.Float(), nullable=True))
    op.add_column("sources", sa.Column("broken_since", sa.DateTime(), nullable=True))
    op.add_column(
        "sources", sa.Column("told_broken", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("sources", sa.Column("told_at", sa.DateTime(), nullable=True))
    op.add_column("sources", sa.Column("lists", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("sources", sa.Column("asked_as", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "pages_owed",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("first_sight", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_pages_owed_source_id")),
        sa.PrimaryKeyConstraint("source_id", "link", name=op.f("pk_pages_owed")),
    )
