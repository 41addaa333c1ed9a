"""The usual ways in which it goes on after a step, each in one statement: all of it or nothing."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow.taking import MAY_TAKE
from orchestrator.ledger.flow.ways.postgresql import on_postgresql
from orchestrator.ledger.flow.ways.sqlite import on_sqlite
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, runs, step_is, steps
from orchestrator.states import RunState, StepState

# The statements of every step are made once: to build one takes longer than to run it.


@dataclass(frozen=True, slots=True)
class Way:
    """One of them.

    Attributes:
        on_postgresql: writes the events, too; returns the row of the next step, or that of the
            step that is done if none is free now.
        on_sqlite: returns all rows that it changes, and is to be rolled back if they are fewer
            than wanted.
        frees: one step is free now,
        takes: and is taken.
        counts: the end is counted for `joins`, a list of names.
    """

    on_postgresql: sa.Executable
    on_sqlite: sa.Executable
    frees: bool
    takes: bool
    counts: bool


def _way(
    next_one: sa.Select[Any] | None = None,
    *stands: sa.ColumnElement[bool],
    takes: bool = False,
    counts: bool = False,
) -> Way:
    """Return a way.

    Args:
        next_one: finds the name of the step that is free now; None: none is.
        stands: how the run must be besides going on.
    """
    run = sa.select(runs.c.id, runs.c.version, runs.c.priority, runs.c.fair_key).where(
        runs.c.id == sa.bindparam("run"),
        sa.or_(runs.c.state == RunState.PENDING, runs.c.state == RunState.RUNNING),
        runs.c.ending.is_(None),
        *stands,
    )
    if takes and next_one is not None:
        next_one = next_one.where(MAY_TAKE)
    return Way(
        on_postgresql(run, next_one, takes=takes, counts=counts),
        on_sqlite(run, next_one, takes=takes, counts=counts),
        frees=next_one is not None,
        takes=takes,
        counts=counts,
    )


_ITS_NEXT = sa.select(steps.c.name).where(
    steps.c.name == sa.bindparam("following"), step_is(StepState.PENDING)
)
_NEXT_OF_CROWD = (
    sa.select(steps.c.name)
    .where(steps.c.queue == sa.bindparam("pool"), STEP_IS_HELD_BACK)
    .order_by(steps.c.priority, steps.c.position)
    .limit(1)
)
#: The step `following` is taken, which waits for nothing but the one that is done.
TAKE_ITS_NEXT = _way(_ITS_NEXT, ~runs.c.gated, takes=True)

#: It is free, and goes by a message.
FREE_ITS_NEXT = _way(_ITS_NEXT, ~runs.c.gated, runs.c.fair_key.is_(None))

#: Nothing follows but `joins`, which chords and the ledger count.
COUNT_JOINS = _way(None, runs.c.as_planned, counts=True)

#: The next of the steps that a crowd holds back is taken. Chords alone count the joins after it,
TAKE_NEXT_OF_CROWD = _way(_NEXT_OF_CROWD, runs.c.as_planned, takes=True)

#: or the ledger counts `joins`, too.
TAKE_NEXT_OF_CROWD_AND_COUNT = _way(_NEXT_OF_CROWD, runs.c.as_planned, takes=True, counts=True)
