"""Statements that write the end of one step and what becomes of the next, both or neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import events
from orchestrator.ledger.flow.finishing import ENDED, IS_HELD
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import MAY_TAKE, TAKEN, TAKEN_COLUMNS
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, runs, steps
from orchestrator.states import RunState, StepState

# The statements of every step are made once: to build one takes longer than to run it.


@dataclass(frozen=True, slots=True)
class Pair:
    """The statements for one kind of pair.

    Their rows have `NEXT_COLUMNS` and `TAKEN_COLUMNS`, `run_priority` and `run_fair_key`.

    Attributes:
        on_postgresql: writes the events, too; returns the row of the next step.
        on_sqlite: returns the rows of both; if it returns fewer, it is to be rolled back.
        takes: the next step is taken, and not only free.
    """

    on_postgresql: sa.Executable
    on_sqlite: sa.Executable
    takes: bool


_OF_RUN = steps.c.run_id == sa.bindparam("run")
_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)
_COLUMNS = tuple({column.name: column for column in (*NEXT_COLUMNS, *TAKEN_COLUMNS)}.values())


def _pair(next_one: sa.Select[Any], *stands: sa.ColumnElement[bool], takes: bool) -> Pair:
    """Return the statements for a next step that a query of names finds.

    Args:
        stands: how the run must be besides going on.
    """
    run = sa.select(runs.c.id, runs.c.version, runs.c.priority, runs.c.fair_key).where(
        runs.c.id == sa.bindparam("run"),
        sa.or_(runs.c.state == RunState.PENDING, runs.c.state == RunState.RUNNING),
        runs.c.ending.is_(None),
        *stands,
    )
    values = TAKEN if takes else _FREED
    wanted = next_one.where(MAY_TAKE) if takes else next_one
    on_postgresql = _on_postgresql(run, wanted, values, takes=takes)
    return Pair(on_postgresql, _on_sqlite(run, wanted, values), takes)


#: What being free makes of a step's row.
_FREED = {"state": StepState.QUEUED, "missing": 0, "queued_at": _NOW, "ready_at": _NOW}


def _on_sqlite(
    run: sa.Select[Any], next_one: sa.Select[Any], values: Mapping[str, Any]
) -> sa.Executable:
    """Return one update of both steps."""
    is_done = steps.c.name == sa.bindparam("step")
    both = {
        name: sa.case(
            (is_done, ENDED.get(name, steps.c[name])), else_=values.get(name, steps.c[name])
        )
        for name in sorted(ENDED.keys() | values.keys())
    }
    of_run = (
        sa.select(column)
        .where(runs.c.id == sa.bindparam("run"))
        .scalar_subquery()
        .label(f"run_{column.name}")
        for column in (runs.c.priority, runs.c.fair_key)
    )
    following = next_one.where(_OF_RUN).scalar_subquery()
    return (
        sa.update(steps)
        .where(
            _OF_RUN,
            steps.c.name.in_((sa.bindparam("step"), following)),
            sa.or_(IS_HELD, ~is_done),
            run.where(runs.c.version == sa.bindparam("version")).exists(),
        )
        .values(**both)
        .returning(*_COLUMNS, *of_run)
    )


def _on_postgresql(
    asked_run: sa.Select[Any], next_one: sa.Select[Any], values: Mapping[str, Any], *, takes: bool
) -> sa.Executable:
    """Return a chain of reads and writes.

    Each reads the one before, so the rows are locked in the order in which everybody locks
    them: the run, the step that is done, the next one.

    Each names the keys of what it looks for. Whether the run is of the version is asked when it
    is found: a plan that was made when there were few runs would find it by its version.
    """
    run = asked_run.with_for_update(read=True).cte("run")
    done = (
        sa.select(steps.c.run_id)
        .where(steps.c.run_id == run.c.id, run.c.version == sa.bindparam("version"), IS_HELD)
        .with_for_update(of=steps, key_share=True)
        .cte("done")
    )
    found = (
        next_one.where(steps.c.run_id == done.c.run_id)
        .with_for_update(skip_locked=True)  # who waits for it might wait for us
        .lateral("found")
    )
    following = sa.select(done.c.run_id, found.c.name).join(found, sa.true()).cte("following")
    ended = (
        sa.update(steps)
        .where(_OF_RUN, steps.c.run_id == following.c.run_id, steps.c.name == sa.bindparam("step"))
        .values(**ENDED)
        .returning(steps.c.attempts, following.c.run_id, following.c.name)
        .cte("ended")
    )
    changed = (
        sa.update(steps)
        .where(steps.c.run_id == ended.c.run_id, steps.c.name == ended.c.name)
        .values(**values)
        .returning(*_COLUMNS)
        .cte("changed")
    )
    log = [_of_end(ended), _of_start(changed)] if takes else [_of_end(ended)]
    of_run = (run.c.priority.label("run_priority"), run.c.fair_key.label("run_fair_key"))
    both = sa.select(changed, *of_run).join(run, sa.true())
    return both.add_cte(events.appending(*log))


def _of_end(ended: sa.CTE) -> sa.Select[Any]:
    return events.event_of_each(
        ended,
        run_id="run",
        step="step",
        name="said_name",
        at="said_at",
        attempt=ended.c.attempts,
        worker="said_worker",
        detail="said_detail",
    )


def _of_start(taken: sa.CTE) -> sa.Select[Any]:
    return events.event_of_each(
        taken,
        run_id="run",
        step=taken.c.name,
        name=sa.literal("step.started"),
        at=_NOW,
        attempt=taken.c.attempts,
        worker="taker",
    )


_ITS_NEXT = sa.select(steps.c.name).where(
    steps.c.name == sa.bindparam("following"), steps.c.state == StepState.PENDING
)
_NEXT_OF_CROWD = (
    sa.select(steps.c.name)
    .where(steps.c.queue == sa.bindparam("pool"), STEP_IS_HELD_BACK)
    .order_by(steps.c.priority, steps.c.position)
    .limit(1)
)

#: The step `following` is taken, which waits for nothing but the one that is done.
TAKE_ITS_NEXT = _pair(_ITS_NEXT, ~runs.c.gated, takes=True)

#: It is free, and goes by a message.
FREE_ITS_NEXT = _pair(_ITS_NEXT, ~runs.c.gated, runs.c.fair_key.is_(None), takes=False)

#: The next of the steps that a crowd holds back is taken. Chords count the joins after them.
TAKE_NEXT_OF_CROWD = _pair(_NEXT_OF_CROWD, runs.c.as_planned, takes=True)
