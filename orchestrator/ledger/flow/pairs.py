"""Statements that write the end of one step and the start of another, both or neither."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow.finishing import ENDED, IS_HELD
from orchestrator.ledger.flow.taking import MAY_TAKE, TAKEN, TAKEN_COLUMNS
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, events, runs, steps
from orchestrator.states import RunState, StepState

# The statements of every step are made once: to build one takes longer than to run it.


@dataclass(frozen=True, slots=True)
class Pair:
    """The statements that take one kind of step.

    Their rows are `TAKEN_COLUMNS`, with `run_priority` and `run_fair_key`.

    Attributes:
        on_postgresql: writes the events, too; returns the row of the step that was taken.
        on_sqlite: returns the rows of both steps; if it returns fewer, it is to be rolled back.
    """

    on_postgresql: sa.Executable
    on_sqlite: sa.Executable


_OF_RUN = steps.c.run_id == sa.bindparam("run")


def _pair(next_one: sa.Select[Any], stands: sa.ColumnElement[bool]) -> Pair:
    """Return the statements that take the step which a query of names finds, and locks.

    Args:
        stands: how a run must be besides going on.
    """
    run = sa.select(runs.c.id, runs.c.version, runs.c.priority, runs.c.fair_key).where(
        runs.c.id == sa.bindparam("run"),
        sa.or_(runs.c.state == RunState.PENDING, runs.c.state == RunState.RUNNING),
        runs.c.ending.is_(None),
        stands,
    )
    return Pair(_on_postgresql(run, next_one), _on_sqlite(run, next_one))


def _on_sqlite(run: sa.Select[Any], next_one: sa.Select[Any]) -> sa.Executable:
    """Return one update of both steps."""
    is_done = steps.c.name == sa.bindparam("step")
    following = next_one.where(_OF_RUN, MAY_TAKE)
    values = {
        name: sa.case(
            (is_done, ENDED.get(name, steps.c[name])), else_=TAKEN.get(name, steps.c[name])
        )
        for name in sorted(ENDED.keys() | TAKEN.keys())
    }
    of_run = (
        sa.select(column)
        .where(runs.c.id == sa.bindparam("run"))
        .scalar_subquery()
        .label(f"run_{column.name}")
        for column in (runs.c.priority, runs.c.fair_key)
    )
    return (
        sa.update(steps)
        .where(
            _OF_RUN,
            steps.c.name.in_((sa.bindparam("step"), following.scalar_subquery())),
            sa.or_(IS_HELD, ~is_done),
            run.where(runs.c.version == sa.bindparam("version")).exists(),
        )
        .values(**values)
        .returning(*TAKEN_COLUMNS, *of_run)
    )


def _on_postgresql(asked_run: sa.Select[Any], next_one: sa.Select[Any]) -> sa.Executable:
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
    found = next_one.where(steps.c.run_id == done.c.run_id, MAY_TAKE).lateral("found")
    following = sa.select(done.c.run_id, found.c.name).join(found, sa.true()).cte("following")
    ended = (
        sa.update(steps)
        .where(_OF_RUN, steps.c.run_id == following.c.run_id, steps.c.name == sa.bindparam("step"))
        .values(**ENDED)
        .returning(steps.c.attempts, following.c.run_id, following.c.name)
        .cte("ended")
    )
    taken = (
        sa.update(steps)
        .where(steps.c.run_id == ended.c.run_id, steps.c.name == ended.c.name)
        .values(**TAKEN)
        .returning(*TAKEN_COLUMNS)
        .cte("taken")
    )
    of_run = (run.c.priority.label("run_priority"), run.c.fair_key.label("run_fair_key"))
    return sa.select(taken, *of_run).join(run, sa.true()).add_cte(_logged(ended, taken))


def _logged(ended: sa.CTE, taken: sa.CTE) -> sa.CTE:
    """Return the part that writes the events, that of the end first."""
    end: dict[str, sa.ColumnElement[Any]] = {
        name: sa.bindparam(parameter, type_=events.c[name].type)
        for name, parameter in {
            "run_id": "run",
            "step": "step",
            "worker": "taker",
            "name": "said_name",
            "at": "said_at",
            "detail": "said_detail",
        }.items()
    }
    end["attempt"] = ended.c.attempts
    start = end | {
        "step": taken.c.name,
        "name": sa.literal("step.started"),
        "at": sa.bindparam("now", type_=events.c.at.type),
        "attempt": taken.c.attempts,
        "detail": sa.null(),
    }
    both = sa.union_all(
        sa.select(*end.values()).select_from(ended), sa.select(*start.values()).select_from(taken)
    )
    return sa.insert(events).from_select(list(end), both, include_defaults=False).cte("logged")


_NEXT = sa.select(steps.c.name).with_for_update(skip_locked=True)

#: Takes the step `following`, which waits for nothing but the one that is done.
WITH_ITS_NEXT = _pair(
    _NEXT.where(steps.c.name == sa.bindparam("following"), steps.c.state == StepState.PENDING),
    sa.not_(runs.c.gated),
)

#: Takes the next of the steps that are held back, of a pool. Chords count the joins after them.
WITH_NEXT_OF_CROWD = _pair(
    _NEXT.where(steps.c.queue == sa.bindparam("pool"), STEP_IS_HELD_BACK)
    .order_by(steps.c.priority, steps.c.position)
    .limit(1),
    runs.c.as_planned,
)
