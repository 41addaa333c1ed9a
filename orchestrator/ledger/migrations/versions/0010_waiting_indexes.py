"""Steps that are held back or stand in line are found by their own indexes and no others."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = {
    "ix_orchestrator_steps_held_back": ["run_id", "queue", "priority", "position"],
    "ix_orchestrator_steps_in_line": ["queue", "priority", "fair_key", "ready_at"],
}
_PLAIN = {
    "ix_orchestrator_steps_held_back": "state = 'ready' AND queued_at IS NULL",
    "ix_orchestrator_steps_in_line": "state = 'ready' AND fair_key IS NOT NULL",
}


def upgrade() -> None:
    """Move forward."""
    _make_anew({name: f"coalesce({plain}, false)" for name, plain in _PLAIN.items()})


def downgrade() -> None:
    """Move back."""
    _make_anew(_PLAIN)


def _make_anew(conditions: dict[str, str]) -> None:
    for name, condition in conditions.items():
        op.drop_index(name, "orchestrator_steps")
        op.create_index(
            name,
            "orchestrator_steps",
            _COLUMNS[name],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
