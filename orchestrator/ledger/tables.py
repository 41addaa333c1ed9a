"""The ledger's tables. Migrations make them; a test holds the two together."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

#: Joins with more predecessors than this are not counted in SQL: their counter would be
#: one hot row. The last chord part starts them, and their claim looks at the predecessors.
WIDE_JOIN = 64

#: A longer idempotency key is refused, on SQLite too, which would take it.
KEY_CHARACTERS = 200

#: The open states, as SQL: SQLite and PostgreSQL use a partial index only where a query
#: repeats its condition to the letter.
OPEN = "state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"
LIVE = "state IN ('ready', 'queued', 'waiting', 'running')"
NOT_ENDED = "ended_at IS NULL"

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Utc(TypeDecorator[dt.datetime]):
    """An aware UTC time; SQLite has no time zones, so it stores it naive."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse naive times; hand SQLite a naive UTC one."""
        if value is None or value.tzinfo is None:
            if value is not None:
                raise ValueError(f"{value!r} has no time zone: use an aware time")
            return None
        return value.astimezone(dt.UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> Any:
        """Return an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


definitions = sa.Table(
    "orchestrator_definitions",
    metadata,
    sa.Column("version", sa.String(16), primary_key=True),  #: fingerprint of the content
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  #: the Workflow as JSON
    sa.Column("created_at", Utc, nullable=False),
)

runs = sa.Table(
    "orchestrator_runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("workflow", sa.String(64), nullable=False),
    sa.Column("version", sa.String(16), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    #: the state the run takes once its running steps are done; set by a failure or a cancel
    sa.Column("ending", sa.String(10)),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("input", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.String(KEY_CHARACTERS), unique=True),
    sa.Column("submitted_at", Utc, nullable=False),
    sa.Column("started_at", Utc),
    sa.Column("ended_at", Utc),
    sa.Column("error", sa.Text),  #: a sentence
    sa.Index("ix_orchestrator_runs_submitted", "submitted_at"),
    sa.Index(
        "ix_orchestrator_runs_open",
        "state",
        sqlite_where=sa.text(NOT_ENDED),
        postgresql_where=sa.text(NOT_ENDED),
    ),
)

steps = sa.Table(
    "orchestrator_steps",
    metadata,
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),  #: in the definition, from 0
    sa.Column("task", sa.String(94), nullable=False),
    sa.Column("queue", sa.String(31), nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),  #: predecessors not final; wide: all
    sa.Column("wide", sa.Boolean, nullable=False),  #: see WIDE_JOIN
    sa.Column("generation", sa.Integer, nullable=False),  #: of its chord; retries bump it
    sa.Column("attempts", sa.Integer, nullable=False),  #: claims so far
    sa.Column("losses", sa.Integer, nullable=False),  #: attempts that ended with their worker
    sa.Column("token", sa.String(32)),  #: fences out whoever is late
    sa.Column("worker", sa.String(32)),
    sa.Column("queued_at", Utc),  #: when it became ready, or was last handed to the broker
    sa.Column("due_at", Utc),  #: when a waiting step goes on
    sa.Column("started_at", Utc),
    sa.Column("deadline_at", Utc),  #: when a running attempt has timed out
    sa.Column("ended_at", Utc),
    sa.Column("result", sa.Text),  #: JSON
    sa.Column("error", sa.Text),  #: JSON: type, message, traceback
    sa.Column("reason", sa.Text),  #: why it is skipped, cancelled or waiting; a sentence
    sa.Index(
        "ix_orchestrator_steps_open",
        "run_id",
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    ),
    sa.Index(
        "ix_orchestrator_steps_live",
        "state",
        sqlite_where=sa.text(LIVE),
        postgresql_where=sa.text(LIVE),
    ),
)

#: The conditions of the two indexes above, for queries that join other tables with a state.
STEP_IS_OPEN = sa.text(f"{steps.name}.{OPEN}")
STEP_IS_LIVE = sa.text(f"{steps.name}.{LIVE}")

events = sa.Table(
    "orchestrator_events",
    metadata,
    sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    sa.Column("run_id", sa.String(32), nullable=False),
    sa.Column("step", sa.String(64)),
    sa.Column("name", sa.String(32), nullable=False),  #: `step.started`, `run.failed`, …
    sa.Column("at", Utc, nullable=False),
    sa.Column("attempt", sa.Integer),
    sa.Column("worker", sa.String(32)),
    sa.Column("detail", sa.Text),  #: JSON
    sa.Index("ix_orchestrator_events_run_id", "run_id"),
)

workers = sa.Table(
    "orchestrator_workers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  #: one pool process
    sa.Column("pool", sa.String(31), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("node", sa.String(32), nullable=False),  #: its parent, which beats for it
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("lease_until", Utc, nullable=False),
    sa.Index("ix_orchestrator_workers_node", "node"),
)
