"""Why a source is unwell, since when, what the operator was told of it, and how often it publishes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("gap", sa.Float(), nullable=True))
    op.add_column("sources", sa.Column("broken_since", sa.DateTime(), nullable=True))
    op.add_column(
        "sources", sa.Column("told_broken", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("sources", sa.Column("told_at", sa.DateTime(), nullable=True))
