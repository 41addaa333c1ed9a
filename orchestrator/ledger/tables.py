"""The tables of runs and their steps. Migrations make them; a test holds the two together."""

from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.ledger.columns import Utc, metadata, partial_index

#: Joins with more predecessors than this are not counted in SQL: their counter would be
#: one hot row. The last chord part starts them, and their claim looks at the predecessors.
WIDE_JOIN = 64

#: A longer idempotency key is refused, on SQLite too, which would take it.
KEY_CHARACTERS = 200

#: A step's name, an element's and an undoing's included.
NAME_CHARACTERS = names.LONGEST

#: The open states, as SQL: SQLite and PostgreSQL use a partial index only where a query
#: repeats its condition to the letter.
OPEN = "state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')"
LIVE = "state IN ('ready', 'queued', 'waiting', 'running')"
QUEUED = "state = 'queued'"
PARKED = "state = 'parked'"
#: of a crowd, see `flow.crowds`. Thousands may come after the database last counted what states
#: there are. Said as one value, for PostgreSQL would else find them in the index of live or open
#: steps, which as far as it knows are few, and sort them all for each that is let go.
HELD_BACK = "coalesce(state = 'ready' AND queued_at IS NULL, false)"
#: of a run that takes turns, see `turns.line`
IN_LINE = "state = 'ready' AND fair_key IS NOT NULL"
SENT_IN_TURN = "state = 'queued' AND fair_key IS NOT NULL"
FREE = "state IN ('ready', 'queued', 'parked')"
MUST_START = f"start_within IS NOT NULL AND {FREE}"
ELEMENT_IS_OPEN = f"parent IS NOT NULL AND {OPEN}"
NOT_ENDED = "ended_at IS NULL"
GATED = f"gated AND {NOT_ENDED}"
ENDED = "ended_at IS NOT NULL"
FAILED = "state IN ('failed', 'cancelled')"
WITH_CHILDREN = "children IS NOT NULL"

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
    sa.Column("deadline_at", Utc),  #: when it has taken too long
    #: on whose behalf it takes what is shared fairly
    sa.Column("fair_key", sa.String(KEY_CHARACTERS)),
    #: versions of the child workflows it may begin, JSON by name
    sa.Column("children", sa.Text),
    sa.Column("parent_run", sa.String(32)),  #: of a child
    sa.Column("parent_step", sa.String(NAME_CHARACTERS)),
    sa.Column("session_id", sa.String(32)),
    #: its steps start when its session admits them, not when they could
    sa.Column("gated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("paused_for", sa.String(8)),  #: `run`, `workflow`, `parent`: with what it goes on
    #: whether what has been done is undone if it does not succeed
    sa.Column("compensates", sa.Boolean, nullable=False, server_default=sa.true()),
    #: its steps go as soon as they can, and each that has not begun stands as the plan says
    sa.Column("as_planned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_orchestrator_runs_submitted", "submitted_at"),
    sa.Index("ix_orchestrator_runs_parent", "parent_run", "parent_step"),
    sa.Index("ix_orchestrator_runs_session", "session_id"),
    partial_index(
        "ix_orchestrator_runs_gated_open",
        "session_id",
        where=GATED,
    ),
    partial_index(
        "ix_orchestrator_runs_open",
        "state",
        where=NOT_ENDED,
    ),
    # Whoever asks for what there is little of would else go through all runs there ever were.
    sa.Index("ix_orchestrator_runs_workflow", "workflow", "submitted_at"),
    sa.Index("ix_orchestrator_runs_version", "version"),
    partial_index(
        "ix_orchestrator_runs_failed",
        "submitted_at",
        where=FAILED,
    ),
    partial_index(
        "ix_orchestrator_runs_ended",
        "ended_at",
        where=ENDED,
    ),
    partial_index(
        "ix_orchestrator_runs_with_children",
        "id",
        where=WITH_CHILDREN,
    ),
)

steps = sa.Table(
    "orchestrator_steps",
    metadata,
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(NAME_CHARACTERS), primary_key=True),
    sa.Column("kind", sa.String(6), nullable=False, server_default="task"),  #: `Step.kind`; undo
    sa.Column("position", sa.Integer, nullable=False),  #: in the definition, from 0
    sa.Column("parent", sa.String(64)),  #: of an element: its map
    sa.Column("element", sa.Integer),  #: its place in the list, from 0
    sa.Column("item", sa.Text),  #: the element itself, JSON
    sa.Column("task", sa.String(94), nullable=False),
    sa.Column("queue", sa.String(31), nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    #: predecessors that are not final; of an `any` or a number: successes still needed; wide: all
    sa.Column("missing", sa.Integer, nullable=False),
    #: of an `any` or a number: predecessors that are not final
    sa.Column("undecided", sa.Integer, nullable=False, server_default="0"),
    sa.Column("wide", sa.Boolean, nullable=False),  #: see WIDE_JOIN
    #: with whom it takes turns at its pool; null: with nobody
    sa.Column("fair_key", sa.String(KEY_CHARACTERS)),
    #: the first is counted by a chord; verbs bump it, and the ledger alone counts from then on
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),  #: claims so far
    sa.Column("losses", sa.Integer, nullable=False),  #: attempts that ended with their worker
    #: attempts before it was retried by hand: they no longer count
    sa.Column("forgiven", sa.Integer, nullable=False, server_default="0"),
    #: levels of priority gained by waiting long
    sa.Column("boost", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("start_within", sa.Float),  #: seconds it may wait for a worker
    #: a success of it is undone if its run does not succeed
    sa.Column("undoable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("undoings", sa.Integer, nullable=False, server_default="0"),  #: times it was undone
    sa.Column("undone_at", Utc),  #: when its success was undone
    sa.Column("token", sa.String(32)),  #: fences out whoever is late
    sa.Column("worker", sa.String(32)),
    #: of the permits that its attempt holds; every later one is greater
    sa.Column("permit", sa.BigInteger),
    sa.Column("ready_at", Utc),  #: when nothing but a worker was missing
    #: when it became ready, or was last handed to the broker; null: it is held back
    sa.Column("queued_at", Utc),
    sa.Column("due_at", Utc),  #: when a waiting step goes on
    sa.Column("started_at", Utc),
    sa.Column("deadline_at", Utc),  #: when a running attempt has timed out
    sa.Column("ended_at", Utc),
    sa.Column("result", sa.Text),  #: JSON
    sa.Column("error", sa.Text),  #: JSON: type, message, traceback
    sa.Column("reason", sa.Text),  #: why it is skipped, cancelled or waiting; a sentence
    partial_index(
        "ix_orchestrator_steps_open",
        "run_id",
        where=OPEN,
    ),
    partial_index(
        "ix_orchestrator_steps_live",
        "state",
        where=LIVE,
    ),
    partial_index(
        "ix_orchestrator_steps_queued",
        "queue",
        "priority",
        "boost",
        "queued_at",
        where=QUEUED,
    ),
    partial_index(
        "ix_orchestrator_steps_parked",
        "queued_at",
        where=PARKED,
    ),
    partial_index(
        "ix_orchestrator_steps_held_back",
        "run_id",
        "queue",
        "priority",
        "position",
        where=HELD_BACK,
    ),
    partial_index(
        "ix_orchestrator_steps_in_line",
        "queue",
        "priority",
        "fair_key",
        "ready_at",
        where=IN_LINE,
    ),
    partial_index(
        "ix_orchestrator_steps_sent_in_turn",
        "queue",
        "priority",
        where=SENT_IN_TURN,
    ),
    partial_index(
        "ix_orchestrator_steps_must_start",
        "start_within",
        "ready_at",
        where=MUST_START,
    ),
    partial_index(
        "ix_orchestrator_steps_elements",
        "run_id",
        "parent",
        "element",
        where=ELEMENT_IS_OPEN,
    ),
)

#: The conditions of indexes above, for queries that join other tables with a state.
RUN_HAS_NOT_ENDED = sa.text(f"{runs.name}.{NOT_ENDED}")
RUN_HAS_FAILED = sa.text(f"{runs.name}.{FAILED}")
RUN_HAS_CHILDREN = sa.text(f"{runs.name}.{WITH_CHILDREN}")
RUN_IS_GATED = sa.text(f"{runs.name}.gated AND {runs.name}.{NOT_ENDED}")
STEP_IS_OPEN = sa.text(f"{steps.name}.{OPEN}")
STEP_IS_LIVE = sa.text(f"{steps.name}.{LIVE}")
STEP_IS_PARKED = sa.text(f"{steps.name}.{PARKED}")
STEP_IS_QUEUED = sa.text(f"{steps.name}.{QUEUED}")
STEP_IS_HELD_BACK = sa.text(
    f"coalesce({steps.name}.state = 'ready' AND {steps.name}.queued_at IS NULL, false)"
)
STEP_IS_IN_LINE = sa.text(f"{steps.name}.state = 'ready' AND {steps.name}.fair_key IS NOT NULL")
STEP_IS_SENT_IN_TURN = sa.text(
    f"{steps.name}.state = 'queued' AND {steps.name}.fair_key IS NOT NULL"
)
STEP_MUST_START = sa.text(f"{steps.name}.start_within IS NOT NULL AND {steps.name}.{FREE}")


def step_is(*states: Any) -> sa.ColumnElement[bool]:
    """Say whether a step that is found by its key is in one of these states.

    Said as one value, for of a state alone PostgreSQL would find it in the index of open steps:
    where few were open when it last counted, it takes these for few, and looks at all of the run.
    """
    return sa.func.coalesce(sa.or_(*(steps.c.state == each for each in states)), sa.false())


#: The same of any open state.
FOUND_STEP_IS_OPEN = sa.text(f"coalesce({steps.name}.{OPEN}, false)")


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
    sa.Column("step", sa.String(NAME_CHARACTERS)),
    sa.Column("name", sa.String(32), nullable=False),  #: `step.started`, `run.failed`, …
    sa.Column("at", Utc, nullable=False),
    sa.Column("attempt", sa.Integer),
    sa.Column("worker", sa.String(32)),
    sa.Column("detail", sa.Text),  #: JSON
    sa.Index("ix_orchestrator_events_run_id", "run_id"),
    sqlite_autoincrement=True,  # a pruned event's number is not given again
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
    #: its step was stopped: its parent ends it
    sa.Column("doomed", sa.Boolean, nullable=False, server_default=sa.false()),
    #: fingerprint of the names of the tasks it knows; see `known_tasks`
    sa.Column("knows", sa.String(16)),
    sa.Index("ix_orchestrator_workers_node", "node"),
)

known_tasks = sa.Table(
    "orchestrator_known_tasks",
    metadata,
    sa.Column("fingerprint", sa.String(16), primary_key=True),  #: of the names
    sa.Column("names", sa.Text, nullable=False),  #: JSON, sorted
)
