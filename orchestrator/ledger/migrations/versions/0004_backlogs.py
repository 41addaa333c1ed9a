"""What waits for a worker: found by pool and level, and by how long it may wait."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_QUEUED = "state = 'queued'"
_MUST_START = "start_within IS NOT NULL AND state IN ('ready', 'queued')"


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_steps_queued",
            ["queue", "priority", "boost", "queued_at"],
            unique=False,
            sqlite_where=sa.text(_QUEUED),
            postgresql_where=sa.text(_QUEUED),
        )
        batch_op.create_index(
            "ix_orchestrator_steps_must_start",
            ["start_within", "ready_at"],
            unique=False,
            sqlite_where=sa.text(_MUST_START),
            postgresql_where=sa.text(_MUST_START),
        )


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_steps_must_start",
            sqlite_where=sa.text(_MUST_START),
            postgresql_where=sa.text(_MUST_START),
        )
        batch_op.drop_index(
            "ix_orchestrator_steps_queued",
            sqlite_where=sa.text(_QUEUED),
            postgresql_where=sa.text(_QUEUED),
        )
