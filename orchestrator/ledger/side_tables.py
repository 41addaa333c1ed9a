"""Tables beside the runs: what waits, who holds back, what begins runs, who is told of them."""

import sqlalchemy as sa

from orchestrator.ledger.columns import Utc, metadata, partial_index
from orchestrator.ledger.tables import KEY_CHARACTERS, NAME_CHARACTERS

#: What each waiting step waits for: a row from the moment it begins to wait.
waits = sa.Table(
    "orchestrator_waits",
    metadata,
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("step", sa.String(NAME_CHARACTERS), primary_key=True),
    sa.Column("kind", sa.String(6), nullable=False),  #: timer, signal, person, agent
    sa.Column("name", sa.String(200), nullable=False),  #: of the signal, person or skill
    sa.Column("inputs", sa.Text, nullable=False),  #: JSON: what is shown to whoever answers
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("deadline_at", Utc),
    sa.Column("escalations", sa.Integer, nullable=False),  #: how many have been made
    sa.Column("done_at", Utc),  #: when it stopped waiting, for whatever reason
    sa.Column("claimed_by", sa.String(200)),
    sa.Column("token", sa.String(32)),  #: of the claim
    sa.Column("claimed_until", Utc),  #: the claim's lease
    partial_index(
        "ix_orchestrator_waits_open",
        "kind",
        "name",
        where="done_at IS NULL",
    ),
)

#: Signals; one that comes before its step waits is kept until it does.
signals = sa.Table(
    "orchestrator_signals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("run_id", sa.String(32), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),  #: JSON
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("taken_by", sa.String(NAME_CHARACTERS)),  #: the step whose answer it became
    sa.Index("ix_orchestrator_signals_run_id", "run_id"),
)

#: Workflows and pools that are held back; a paused run says so itself.
pauses = sa.Table(
    "orchestrator_pauses",
    metadata,
    sa.Column("kind", sa.String(8), primary_key=True),  #: workflow, pool
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
)

#: Who stands in line at a pool, and whose turn is next; '' is how far the line has come.
turns = sa.Table(
    "orchestrator_turns",
    metadata,
    sa.Column("queue", sa.String(31), primary_key=True),
    sa.Column("priority", sa.SmallInteger, primary_key=True),
    sa.Column("fair_key", sa.String(KEY_CHARACTERS), primary_key=True),
    sa.Column("turn", sa.Float, nullable=False),
    sa.Index("ix_orchestrator_turns_next", "queue", "priority", "turn"),
)

#: Who has more turns than others at every pool, or fewer.
weights = sa.Table(
    "orchestrator_weights",
    metadata,
    sa.Column("fair_key", sa.String(KEY_CHARACTERS), primary_key=True),
    sa.Column("weight", sa.Float, nullable=False),
)

#: Groups of runs that share a mode (seed 004).
sessions = sa.Table(
    "orchestrator_sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("closed_at", Utc),
)

schedules = sa.Table(
    "orchestrator_schedules",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("workflow", sa.String(64), nullable=False),
    sa.Column("input", sa.Text, nullable=False),  #: JSON
    sa.Column("priority", sa.SmallInteger),
    sa.Column("cron", sa.String(200)),
    sa.Column("every", sa.Float),  #: seconds
    sa.Column("timezone", sa.String(64), nullable=False),
    sa.Column("catch_up", sa.String(8), nullable=False),  #: none, latest, all
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("next_at", Utc, nullable=False),
    sa.Column("last_at", Utc),
    sa.Column("last_run", sa.String(32)),
    sa.Column("error", sa.Text),  #: why it could not begin its last run
    sa.Column("paused_at", Utc),
    sa.Index("ix_orchestrator_schedules_next", "next_at"),
)

webhooks = sa.Table(
    "orchestrator_webhooks",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", sa.Text, nullable=False),  #: JSON: names and patterns such as `run.*`
    sa.Column("secret", sa.String(200), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),  #: events up to this number are looked at
    sa.Column("disabled_at", Utc),
)

deliveries = sa.Table(
    "orchestrator_deliveries",
    metadata,
    sa.Column("webhook_id", sa.String(32), primary_key=True),
    sa.Column("event_id", sa.BigInteger, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Utc),  #: of the next attempt; null: none follows
    sa.Column("delivered_at", Utc),
    sa.Column("error", sa.Text),
    partial_index(
        "ix_orchestrator_deliveries_due",
        "due_at",
        where="due_at IS NOT NULL",
    ),
)

#: One row at most: how far the time of timers, deadlines and schedules is moved, for tests.
moved_clock = sa.Table(
    "orchestrator_clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seconds", sa.Float, nullable=False),
)
