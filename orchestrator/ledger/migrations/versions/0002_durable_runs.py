"""Durable runs: elements, waits, verbs, schedules, webhooks."""

import sqlalchemy as sa
from alembic import op

from orchestrator.ledger.columns import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ELEMENT_IS_OPEN = (
    "parent IS NOT NULL AND state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"
)


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "orchestrator_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_clock")),
    )
    op.create_table(
        "orchestrator_deliveries",
        sa.Column("webhook_id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("delivered_at", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_orchestrator_deliveries")),
    )
    with op.batch_alter_table("orchestrator_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_deliveries_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "orchestrator_known_tasks",
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_orchestrator_known_tasks")),
    )
    op.create_table(
        "orchestrator_pauses",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_orchestrator_pauses")),
    )
    op.create_table(
        "orchestrator_schedules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("workflow", sa.String(length=64), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("every", sa.Float(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("catch_up", sa.String(length=8), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.Column("last_at", Utc(), nullable=True),
        sa.Column("last_run", sa.String(length=32), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("paused_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_orchestrator_schedules")),
    )
    with op.batch_alter_table("orchestrator_schedules", schema=None) as batch_op:
        batch_op.create_index("ix_orchestrator_schedules_next", ["next_at"], unique=False)

    op.create_table(
        "orchestrator_sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_sessions")),
    )
    op.create_table(
        "orchestrator_signals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("taken_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_signals")),
    )
    with op.batch_alter_table("orchestrator_signals", schema=None) as batch_op:
        batch_op.create_index("ix_orchestrator_signals_run_id", ["run_id"], unique=False)

    op.create_table(
        "orchestrator_waits",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("deadline_at", Utc(), nullable=True),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("done_at", Utc(), nullable=True),
        sa.Column("claimed_by", sa.String(length=200), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_orchestrator_waits")),
    )
    with op.batch_alter_table("orchestrator_waits", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_waits_open",
            ["kind", "name"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "orchestrator_webhooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_webhooks")),
    )
    with op.batch_alter_table("orchestrator_events", schema=None) as batch_op:
        batch_op.alter_column(
            "step",
            existing_type=sa.VARCHAR(length=64),
            type_=sa.String(length=80),
            existing_nullable=True,
        )

    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deadline_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("children", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("parent_run", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("parent_step", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("session_id", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("gated", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("paused_for", sa.String(length=8), nullable=True))
        batch_op.add_column(
            sa.Column("compensates", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.create_index(
            "ix_orchestrator_runs_parent", ["parent_run", "parent_step"], unique=False
        )
        batch_op.create_index("ix_orchestrator_runs_session", ["session_id"], unique=False)

    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=6), server_default="task", nullable=False)
        )
        batch_op.add_column(sa.Column("parent", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("element", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("item", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("undecided", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("forgiven", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("boost", sa.SmallInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("start_within", sa.Float(), nullable=True))
        batch_op.add_column(
            sa.Column("undoable", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("undoings", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("undone_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("ready_at", Utc(), nullable=True))
        batch_op.alter_column(
            "name",
            existing_type=sa.VARCHAR(length=64),
            type_=sa.String(length=80),
            existing_nullable=False,
        )
        batch_op.create_index(
            "ix_orchestrator_steps_elements",
            ["run_id", "parent", "element"],
            unique=False,
            sqlite_where=sa.text(_ELEMENT_IS_OPEN),
            postgresql_where=sa.text(_ELEMENT_IS_OPEN),
        )

    with op.batch_alter_table("orchestrator_workers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("doomed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("knows", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_workers", schema=None) as batch_op:
        batch_op.drop_column("knows")
        batch_op.drop_column("doomed")

    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_steps_elements",
            sqlite_where=sa.text(_ELEMENT_IS_OPEN),
            postgresql_where=sa.text(_ELEMENT_IS_OPEN),
        )
        batch_op.alter_column(
            "name",
            existing_type=sa.String(length=80),
            type_=sa.VARCHAR(length=64),
            existing_nullable=False,
        )
        batch_op.drop_column("ready_at")
        batch_op.drop_column("undone_at")
        batch_op.drop_column("undoings")
        batch_op.drop_column("undoable")
        batch_op.drop_column("start_within")
        batch_op.drop_column("boost")
        batch_op.drop_column("forgiven")
        batch_op.drop_column("undecided")
        batch_op.drop_column("item")
        batch_op.drop_column("element")
        batch_op.drop_column("parent")
        batch_op.drop_column("kind")

    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_runs_session")
        batch_op.drop_index("ix_orchestrator_runs_parent")
        batch_op.drop_column("compensates")
        batch_op.drop_column("paused_for")
        batch_op.drop_column("gated")
        batch_op.drop_column("session_id")
        batch_op.drop_column("parent_step")
        batch_op.drop_column("parent_run")
        batch_op.drop_column("children")
        batch_op.drop_column("deadline_at")

    with op.batch_alter_table("orchestrator_events", schema=None) as batch_op:
        batch_op.alter_column(
            "step",
            existing_type=sa.String(length=80),
            type_=sa.VARCHAR(length=64),
            existing_nullable=True,
        )

    op.drop_table("orchestrator_webhooks")
    with op.batch_alter_table("orchestrator_waits", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_waits_open",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.drop_table("orchestrator_waits")
    with op.batch_alter_table("orchestrator_signals", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_signals_run_id")

    op.drop_table("orchestrator_signals")
    op.drop_table("orchestrator_sessions")
    with op.batch_alter_table("orchestrator_schedules", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_schedules_next")

    op.drop_table("orchestrator_schedules")
    op.drop_table("orchestrator_pauses")
    op.drop_table("orchestrator_known_tasks")
    with op.batch_alter_table("orchestrator_deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_deliveries_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("orchestrator_deliveries")
    op.drop_table("orchestrator_clock")
