"""Resources, and steps that wait for permits of them."""

import sqlalchemy as sa
from alembic import op

from orchestrator.ledger.columns import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PARKED = "state = 'parked'"
_MUST_START = "start_within IS NOT NULL AND state IN ('ready', 'queued')"
_MUST_START_PARKED = "start_within IS NOT NULL AND state IN ('ready', 'queued', 'parked')"


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "orchestrator_resources",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("declared_at", Utc, nullable=False),
        sa.Column("override", sa.Integer),
        sa.Column("by", sa.String(200)),
        sa.Column("reason", sa.Text),
        sa.Column("at", Utc),
    )
    op.create_table(
        "orchestrator_epochs",
        sa.Column("domain", sa.String(64), primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("server", sa.String(40), nullable=False),
        sa.Column("at", Utc, nullable=False),
    )
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fair_key", sa.String(200)))
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.add_column(sa.Column("permit", sa.BigInteger))
    _index_must_start(_MUST_START_PARKED)
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_steps_parked",
            ["queued_at"],
            unique=False,
            sqlite_where=sa.text(_PARKED),
            postgresql_where=sa.text(_PARKED),
        )


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_steps_parked")
        batch_op.drop_column("permit")
    _index_must_start(_MUST_START)
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.drop_column("fair_key")
    op.drop_table("orchestrator_epochs")
    op.drop_table("orchestrator_resources")


def _index_must_start(condition: str) -> None:
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_steps_must_start")
        batch_op.create_index(
            "ix_orchestrator_steps_must_start",
            ["start_within", "ready_at"],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
