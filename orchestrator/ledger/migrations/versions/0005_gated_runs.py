"""Runs whose steps wait to be admitted by their session: found without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_GATED = "gated AND ended_at IS NULL"


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_runs_gated_open",
            ["session_id"],
            unique=False,
            sqlite_where=sa.text(_GATED),
            postgresql_where=sa.text(_GATED),
        )


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_runs_gated_open")
