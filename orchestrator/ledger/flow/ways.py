"""The usual ways in which it goes on after a step, each in one statement: all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.util import ClauseAdapter

from orchestrator.ledger import events
from orchestrator.ledger.flow.finishing import ENDED, IS_HELD
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import MAY_TAKE, TAKEN, TAKEN_COLUMNS
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, runs, steps
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
        next_one: which step is free now, a query of names; None: none is.
        takes: it is taken, too.
        counts: the end is counted for `joins`, a list of names.
    """

    on_postgresql: sa.Executable
    on_sqlite: sa.Executable
    next_one: sa.Select[Any] | None
    takes: bool
    counts: bool


_OF_RUN = steps.c.run_id == sa.bindparam("run")
_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)

#: What being free makes of a step's row, and one end more before it of a join's.
_FREED = {"state": StepState.QUEUED, "missing": 0, "queued_at": _NOW, "ready_at": _NOW}
_IS_LAST = steps.c.missing == sa.literal_column("1")
_COUNTED = {
    "missing": steps.c.missing - sa.literal_column("1"),
    "state": sa.case((_IS_LAST, StepState.QUEUED), else_=steps.c.state),
    "queued_at": sa.case((_IS_LAST, _NOW)),
    "ready_at": sa.case((_IS_LAST, _NOW)),
}


#: What an end makes of a row, if it is neither a failure nor to be tried again.
_ENDED_WELL = ENDED | {"error": sa.null(), "due_at": sa.null()}

# The driver keeps what it has read of a statement only if that has no more than 4,096 characters.
_S = cast("sa.Alias[Any]", steps.alias("s"))
_R = cast("sa.Alias[Any]", runs.alias("r"))


def _short(expression: Any) -> Any:
    """Return the same with short names of the tables."""
    return ClauseAdapter(_S).traverse(ClauseAdapter(_R).traverse(expression))


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {n: _short(v) if isinstance(v, sa.ClauseElement) else v for n, v in given.items()}


def _way(
    next_one: sa.Select[Any] | None = None,
    *stands: sa.ColumnElement[bool],
    takes: bool = False,
    counts: bool = False,
) -> Way:
    """Return a way.

    Args:
        next_one: see `Way`, as the others.
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
    on_postgresql = _on_postgresql(run, next_one, takes=takes, counts=counts)
    on_sqlite = _on_sqlite(run, next_one, takes=takes, counts=counts)
    return Way(on_postgresql, on_sqlite, next_one, takes, counts)


def _on_sqlite(
    run: sa.Select[Any],
    next_one: sa.Select[Any] | None,
    *,
    takes: bool,
    counts: bool,
) -> sa.Executable:
    """Return one update of all the rows, which it finds by one list of names."""
    is_done = steps.c.name == sa.bindparam("step")
    is_join = steps.c.name.in_(_JOINS_ON_SQLITE)
    named: list[sa.Select[Any]] = [sa.select(sa.bindparam("step"))]
    kinds: list[tuple[sa.ColumnElement[bool], Mapping[str, Any]]] = [(is_done, _ENDED_WELL)]
    stands = [sa.or_(IS_HELD, ~is_done)]
    if counts:
        named.append(_JOINS_ON_SQLITE)
        kinds.append((is_join, _COUNTED))
        stands.append(sa.or_(~is_join, steps.c.state == StepState.PENDING))
    if next_one is not None:
        named.append(sa.select(next_one.where(_OF_RUN).scalar_subquery()))
        kinds.append((~is_done, TAKEN if takes else _FREED))
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
            steps.c.name.in_(sa.union_all(*named)),
            *stands,
            run.where(runs.c.version == sa.bindparam("version")).exists(),
        )
        .values(**_by_kind(kinds))
        .returning(*(TAKEN_COLUMNS if takes else NEXT_COLUMNS), *of_run)
    )


_JOINS_ON_SQLITE = sa.select(
    sa.func.json_each(sa.bindparam("joins", type_=sa.JSON)).table_valued("value").c.value
)


def _by_kind(
    kinds: Sequence[tuple[sa.ColumnElement[bool], Mapping[str, Any]]],
) -> dict[str, sa.ColumnElement[Any]]:
    """Return the values of an update that makes another thing of each kind of rows.

    Args:
        kinds: how a row is told, and what is made of it; the last are all others.
    """
    *told, (_, others) = kinds
    return {
        name: sa.case(
            *((is_it, values.get(name, steps.c[name])) for is_it, values in told),
            else_=others.get(name, steps.c[name]),
        )
        for name in sorted({name for _, values in kinds for name in values})
    }


def _on_postgresql(
    asked_run: sa.Select[Any],
    next_one: sa.Select[Any] | None,
    *,
    takes: bool,
    counts: bool,
) -> sa.Executable:
    """Return a chain of reads and writes.

    Each reads the one before, so the rows are locked in the order in which everybody locks
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
        .values(_values(_ENDED_WELL))
        .returning(_S.c.run_id, _S.c.attempts, known.c.next_name)
    )
    if joins is not None:
        are_all = sa.select(sa.func.count()).select_from(joins).scalar_subquery()
        ended = ended.where(are_all == sa.func.cardinality(_JOINS))
    end = ended.cte("ended")
    changed, log = end, [_of_end(end)]
    if next_one is not None:
        changed = (
            sa.update(_S)
            .where(_S.c.run_id == end.c.run_id, _S.c.name == end.c.next_name)
            .values(_values(TAKEN if takes else _FREED))
            .returning(*map(_short, TAKEN_COLUMNS if takes else NEXT_COLUMNS))
            .cte("changed")
        )
        log += [_of_start(changed)] if takes else []
    of_run = (run.c.priority.label("run_priority"), run.c.fair_key.label("run_fair_key"))
    told = sa.select(*changed.c, *of_run).join_from(changed, run, sa.true())
    told = told.add_cte(events.appending(*log))
    return told if joins is None else told.add_cte(_counting(joins, end))


def _counting(joins: sa.CTE, ended: sa.CTE) -> sa.CTE:
    """Return the part that counts an end for joins, whose rows are locked."""
    counted = sa.update(_S).where(
        _S.c.run_id == joins.c.run_id,
        _S.c.name == joins.c.name,
        joins.c.run_id == ended.c.run_id,
    )
    return counted.values(_values(_COUNTED)).returning(_S.c.name).cte("counted")


_JOINS: sa.BindParameter[Any] = sa.bindparam("joins", type_=postgresql.ARRAY(sa.String))


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
            _S.c.state == StepState.PENDING,
        )
        .order_by(_S.c.name.collate("C"))  # as `advance` sorts them, whatever the database's way
        .with_for_update(of=_S, key_share=True)
        .cte("joins")
    )


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
TAKE_ITS_NEXT = _way(_ITS_NEXT, ~runs.c.gated, takes=True)

#: It is free, and goes by a message.
FREE_ITS_NEXT = _way(_ITS_NEXT, ~runs.c.gated, runs.c.fair_key.is_(None))

#: Nothing follows but `joins`, which chords and the ledger count.
COUNT_JOINS = _way(None, runs.c.as_planned, counts=True)

#: The next of the steps that a crowd holds back is taken. Chords alone count the joins after it,
TAKE_NEXT_OF_CROWD = _way(_NEXT_OF_CROWD, runs.c.as_planned, takes=True)

#: or the ledger counts `joins`, too.
TAKE_NEXT_OF_CROWD_AND_COUNT = _way(_NEXT_OF_CROWD, runs.c.as_planned, takes=True, counts=True)
