"""Steps of a crowd that are held back are found by their own index and no other."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NAME = "ix_orchestrator_steps_held_back"
_PLAIN = "state = 'ready' AND queued_at IS NULL"


def upgrade() -> None:
    """Move forward."""
    _make_anew(f"coalesce({_PLAIN}, false)")


def downgrade() -> None:
    """Move back."""
    _make_anew(_PLAIN)


def _make_anew(condition: str) -> None:
    op.drop_index(_NAME, "orchestrator_steps")
    op.create_index(
        _NAME,
        "orchestrator_steps",
        ["run_id", "queue", "priority", "position"],
        unique=False,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
