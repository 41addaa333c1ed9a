"""Steps of a crowd that are held back until another of it ends."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_HELD_BACK = "state = 'ready' AND queued_at IS NULL"


def upgrade() -> None:
    """Move forward."""
    op.create_index(
        "ix_orchestrator_steps_held_back",
        "orchestrator_steps",
        ["run_id", "queue", "priority", "position"],
        unique=False,
        sqlite_where=sa.text(_HELD_BACK),
        postgresql_where=sa.text(_HELD_BACK),
    )


def downgrade() -> None:
    """Move back."""
    # An earlier release would not know of them.
    op.execute(
        "UPDATE orchestrator_steps SET queued_at = ready_at "
        "WHERE state = 'ready' AND queued_at IS NULL"
    )
    op.drop_index("ix_orchestrator_steps_held_back", "orchestrator_steps")
