"""Runs that ended: found by their end, their workflow and its version, and those that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_RUNS = "orchestrator_runs"
_INDEXES: dict[str, tuple[list[str], str | None]] = {
    "ix_orchestrator_runs_ended": (["ended_at"], "ended_at IS NOT NULL"),
    "ix_orchestrator_runs_failed": (["submitted_at"], "state IN ('failed', 'cancelled')"),
    "ix_orchestrator_runs_workflow": (["workflow", "submitted_at"], None),
    "ix_orchestrator_runs_version": (["version"], None),
    "ix_orchestrator_runs_with_children": (["id"], "children IS NOT NULL"),
}


def upgrade() -> None:
    """Move forward."""
    for name, (columns, where) in _INDEXES.items():
        some = sa.text(where) if where else None
        op.create_index(
            name, _RUNS, columns, unique=False, sqlite_where=some, postgresql_where=some
        )


def downgrade() -> None:
    """Move back."""
    for name in _INDEXES:
        op.drop_index(name, _RUNS)
