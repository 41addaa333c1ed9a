"""Customers take turns at a pool: whose steps wait, who had how many turns, and their weights."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_IN_LINE = "state = 'ready' AND fair_key IS NOT NULL"
_SENT = "state = 'queued' AND fair_key IS NOT NULL"


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("orchestrator_steps") as batch_op:
        batch_op.add_column(sa.Column("fair_key", sa.String(200)))
    op.create_index(
        "ix_orchestrator_steps_in_line",
        "orchestrator_steps",
        ["queue", "priority", "fair_key", "ready_at"],
        unique=False,
        sqlite_where=sa.text(_IN_LINE),
        postgresql_where=sa.text(_IN_LINE),
    )
    op.create_index(
        "ix_orchestrator_steps_sent_in_turn",
        "orchestrator_steps",
        ["queue", "priority"],
        unique=False,
        sqlite_where=sa.text(_SENT),
        postgresql_where=sa.text(_SENT),
    )
    # Of runs that have begun: what is free from now on takes its turn.
    op.execute(
        "UPDATE orchestrator_steps SET fair_key = "
        "(SELECT fair_key FROM orchestrator_runs WHERE id = run_id) "
        "WHERE kind = 'task' AND state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled') "
        "AND run_id IN (SELECT id FROM orchestrator_runs WHERE fair_key IS NOT NULL AND NOT gated)"
    )
    op.create_table(
        "orchestrator_turns",
        sa.Column("queue", sa.String(31), nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("fair_key", sa.String(200), nullable=False),
        sa.Column("turn", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("queue", "priority", "fair_key", name="orchestrator_turns_pkey"),
    )
    op.create_index(
        "ix_orchestrator_turns_next", "orchestrator_turns", ["queue", "priority", "turn"]
    )
    op.create_table(
        "orchestrator_weights",
        sa.Column("fair_key", sa.String(200), nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("fair_key", name="orchestrator_weights_pkey"),
    )


def downgrade() -> None:
    """Move back."""
    op.drop_table("orchestrator_weights")
    op.drop_table("orchestrator_turns")
    op.drop_index("ix_orchestrator_steps_sent_in_turn", "orchestrator_steps")
    op.drop_index("ix_orchestrator_steps_in_line", "orchestrator_steps")
    with op.batch_alter_table("orchestrator_steps") as batch_op:
        batch_op.drop_column("fair_key")
