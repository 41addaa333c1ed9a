"""First tables."""

import sqlalchemy as sa
from alembic import op

from orchestrator.ledger.columns import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "orchestrator_definitions",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_orchestrator_definitions")),
    )
    op.create_table(
        "orchestrator_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("worker", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_events")),
    )
    with op.batch_alter_table("orchestrator_events", schema=None) as batch_op:
        batch_op.create_index("ix_orchestrator_events_run_id", ["run_id"], unique=False)

    op.create_table(
        "orchestrator_runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workflow", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ending", sa.String(length=10), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("submitted_at", Utc(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_runs")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_orchestrator_runs_idempotency_key")),
    )
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.create_index("ix_orchestrator_runs_submitted", ["submitted_at"], unique=False)
        batch_op.create_index(
            "ix_orchestrator_runs_open",
            ["state"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "orchestrator_steps",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=94), nullable=False),
        sa.Column("queue", sa.String(length=31), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("worker", sa.String(length=32), nullable=True),
        sa.Column("queued_at", Utc(), nullable=True),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("deadline_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_orchestrator_steps")),
    )
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orchestrator_steps_live",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state IN ('ready', 'queued', 'waiting', 'running')"),
            postgresql_where=sa.text("state IN ('ready', 'queued', 'waiting', 'running')"),
        )
        batch_op.create_index(
            "ix_orchestrator_steps_open",
            ["run_id"],
            unique=False,
            sqlite_where=sa.text("state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"),
            postgresql_where=sa.text(
                "state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"
            ),
        )

    op.create_table(
        "orchestrator_workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pool", sa.String(length=31), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orchestrator_workers")),
    )
    with op.batch_alter_table("orchestrator_workers", schema=None) as batch_op:
        batch_op.create_index("ix_orchestrator_workers_node", ["node"], unique=False)


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_workers", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_workers_node")

    op.drop_table("orchestrator_workers")
    with op.batch_alter_table("orchestrator_steps", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_steps_open",
            sqlite_where=sa.text("state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"),
            postgresql_where=sa.text(
                "state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"
            ),
        )
        batch_op.drop_index(
            "ix_orchestrator_steps_live",
            sqlite_where=sa.text("state IN ('ready', 'queued', 'waiting', 'running')"),
            postgresql_where=sa.text("state IN ('ready', 'queued', 'waiting', 'running')"),
        )

    op.drop_table("orchestrator_steps")
    with op.batch_alter_table("orchestrator_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orchestrator_runs_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_orchestrator_runs_submitted")

    op.drop_table("orchestrator_runs")
    with op.batch_alter_table("orchestrator_events", schema=None) as batch_op:
        batch_op.drop_index("ix_orchestrator_events_run_id")

    op.drop_table("orchestrator_events")
    op.drop_table("orchestrator_definitions")
