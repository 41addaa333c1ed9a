"""A way on PostgreSQL: a chain of reads and writes in one statement."""

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.util import ClauseAdapter

from orchestrator.ledger import events
from orchestrator.ledger.flow.finishing import IS_HELD
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import TAKEN, TAKEN_COLUMNS
from orchestrator.ledger.flow.ways.values import COUNTED, ENDED_WELL, FREED
from orchestrator.ledger.tables import runs, step_is, steps
from orchestrator.states import StepState

_JOINS: sa.BindParameter[Any] = sa.bindparam("joins", type_=postgresql.ARRAY(sa.String))

# The driver keeps what it has read of a statement only if that has no more than 4,096 characters.
_S = cast("sa.Alias[Any]", steps.alias("s"))
_R = cast("sa.Alias[Any]", runs.alias("r"))


def _short(expression: Any) -> Any:
    """Return the same with short names of the tables."""
    return ClauseAdapter(_S).traverse(ClauseAdapter(_R).traverse(expression))


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {n: _short(v) if isinstance(v, sa.ClauseElement) else v for n, v in given.items()}


def on_postgresql(
    asked_run: sa.Select[Any],
    next_one: sa.Select[Any] | None,
    *,
    takes: bool,
    counts: bool,
) -> sa.Executable:
    """Return the statement of a way, which is a chain of parts.

    Each part reads the one before, so the rows are locked in the order in which everybody locks
    them: the run, the step that is done, the next one, joins by their names.

    Each names the keys of what it looks for. Whether the run is of the version is asked when it
    is found: a plan that was made when there were few runs would find it by its version.
    """
    run = _short(asked_run).with_for_update(read=True).cte("run")
    done = (
        sa.select(_S.c.run_id, sa.null().label("next_name"))
        .where(_S.c.run_id == run.c.id, run.c.version == sa.bindparam("version"), _short(IS_HELD))
        .with_for_update(of=_S, key_share=True)
        .cte("done")
    )
    known = done if next_one is None else _with_next(done, next_one)
    joins = _joins(known) if counts else None
    ended = (
        sa.update(_S)
        .where(
            _S.c.run_id == sa.bindparam("run"),
            _S.c.run_id == known.c.run_id,
            _S.c.name == sa.bindparam("step"),
        )
        .values(_values(ENDED_WELL))
        .returning(_S.c.run_id, _S.c.attempts, known.c.next_name)
    )
    if joins is not None:
        are_all = sa.select(sa.func.count()).select_from(joins).scalar_subquery()
        ended = ended.where(are_all == sa.func.cardinality(_JOINS))
    end = ended.cte("ended")
    moved, log = end, [event_of_end(end)]
    if next_one is not None:
        moved = (
            sa.update(_S)
            .where(_S.c.run_id == end.c.run_id, _S.c.name == end.c.next_name)
            .values(_values(TAKEN if takes else FREED))
            .returning(*map(_short, TAKEN_COLUMNS if takes else NEXT_COLUMNS))
            .cte("moved")
        )
        log += [_of_start(moved)] if takes else []
    of_run = (run.c.priority.label("run_priority"), run.c.fair_key.label("run_fair_key"))
    told = sa.select(*moved.c, *of_run).join_from(moved, run, sa.true())
    told = told.add_cte(events.appending(*log))
    return told if joins is None else told.add_cte(_counting(joins, end))


def _counting(joins: sa.CTE, ended: sa.CTE) -> sa.CTE:
    """Return the part that counts an end for joins, whose rows are locked."""
    counted = sa.update(_S).where(
        _S.c.run_id == joins.c.run_id,
        _S.c.name == joins.c.name,
        joins.c.run_id == ended.c.run_id,
    )
    return counted.values(_values(COUNTED)).returning(_S.c.name).cte("counted")


def _with_next(done: sa.CTE, next_one: sa.Select[Any]) -> sa.CTE:
    found = (
        next_one.where(steps.c.run_id == done.c.run_id)
        .with_for_update(skip_locked=True)  # who waits for it might wait for us
        .lateral("found")
    )
    both = sa.select(done.c.run_id, found.c.name.label("next_name")).join(found, sa.true())
    return both.cte("pair")


def _joins(known: sa.CTE) -> sa.CTE:
    return (
        sa.select(_S.c.run_id, _S.c.name)
        .where(
            _S.c.run_id == known.c.run_id,
            _S.c.name == sa.any_(_JOINS),
            _short(step_is(StepState.PENDING)),
        )
        .order_by(_S.c.name.collate("C"))  # as `advance` sorts them, whatever the database's way
        .with_for_update(of=_S, key_share=True)
        .cte("joins")
    )


def event_of_end(ended: sa.CTE) -> sa.Select[Any]:
    """Return the event of a step's end, of which `finishing.said_of` gives the parameters."""
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
        at="now",
        attempt=taken.c.attempts,
        worker="taker",
    )
