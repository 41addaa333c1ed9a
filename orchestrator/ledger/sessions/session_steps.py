"""What a session's mode decides on: steps that could start, and those that were let start."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.outbox import LIVE_RUN
from orchestrator.ledger.sessions.supply import demand_of, may_be_met
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import RUN_IS_GATED, STEP_IS_OPEN, runs, steps
from orchestrator.modes import Busy, Candidate, Doing, Place
from orchestrator.states import HANDED_OVER, ExecutionMode, RunState, StepState

#: At most so many steps are looked at, the first ones: a session may have 10,000 that could
#: start, and is asked again whenever one of them has ended.
_LIMIT = 500

#: In the order of the session.
ORDER = (runs.c.submitted_at, runs.c.id, steps.c.position, steps.c.element)

#: Nothing but its session keeps a step from starting: no operator holds its run or its pool back.
_MAY_START = (
    LIVE_RUN,
    RUN_IS_GATED,
    STEP_IS_OPEN,
    steps.c.state == StepState.READY,
    steps.c.kind != "undo",
    sa.or_(
        steps.c.kind != "task",
        ~sa.exists().where(pauses.c.kind == "pool", pauses.c.name == steps.c.queue),
    ),
)


def asking(connection: sa.Connection) -> list[str]:
    """Return the sessions of which some step may start when they admit it."""
    # Not EXISTS: PostgreSQL would join all of their steps to find that there is one.
    first = sa.select(steps.c.name).where(*_MAY_START).correlate(runs).limit(1).scalar_subquery()
    query = sa.select(runs.c.session_id).distinct().where(RUN_IS_GATED, first.is_not(None))
    return list(connection.execute(query).scalars())


def candidates_of(
    connection: sa.Connection,
    session: str,
    mode: ExecutionMode,
    *,
    within: Collection[Place],
    supply: Mapping[str, int],
) -> list[Candidate]:
    """Return the first steps that could start, in the order in which a mode asks for them.

    Args:
        within: only those that one of these steps waits for; empty: any.
        supply: what is free, where the mode asks for that.
    """
    query, limit = _CANDIDATES.where(runs.c.session_id == session), _LIMIT
    if within:
        query = query.where(sa.or_(*(_is_within(place) for place in within)))
    first: tuple[Any, ...] = (steps.c.priority,)
    if mode is ExecutionMode.SEQUENTIAL:
        first, limit = (), 1
    if mode is ExecutionMode.RESOURCE_AWARE:
        query = query.where(may_be_met(supply))
        first = (*first, steps.c.kind == "task")
    return [
        Candidate(
            place=(row.run, row.name),
            level=row.priority,
            demand=demand_of(row.kind, row.queue),
            within=_within(row.run, row),
        )
        for row in connection.execute(query.order_by(*first, *ORDER).limit(limit))
    ]


def busy_of(connection: sa.Connection, session: str, mode: ExecutionMode) -> list[Busy]:
    """Return the steps that were let start and have not ended, as far as a mode asks."""
    if mode is ExecutionMode.RESOURCE_AWARE:
        return []
    query = _BUSY.where(runs.c.session_id == session)
    if mode is ExecutionMode.PRIORITY:
        query = query.where(DOING == Doing.WORKS)
    found = [
        Busy(
            Doing(row.doing),
            row.priority,
            place=(row.run, row.name) if row.run else None,
            within=_within(row.run, row) if row.run else None,
        )
        for row in connection.execute(query)
    ]
    if mode is ExecutionMode.SEQUENTIAL:
        found += _ending(connection, session)
    return found


def queued_of(session: str, *, less_urgent_than: int) -> sa.Select[Any]:
    """Select the steps of a session that were let start, wait for a worker, and are less urgent."""
    return (
        sa.select(steps.c.run_id, steps.c.name)
        .join_from(runs, steps, runs.c.id == steps.c.run_id)
        .where(
            runs.c.session_id == session,
            RUN_IS_GATED,
            STEP_IS_OPEN,
            steps.c.state.in_(HANDED_OVER),
            steps.c.kind != "undo",
            steps.c.priority > less_urgent_than,
        )
    )


def _ending(connection: sa.Connection, session: str) -> list[Busy]:
    """Return what stands for runs that come to their end: they may be undone step by step."""
    query = sa.select(runs.c.priority).where(
        runs.c.session_id == session, RUN_IS_GATED, runs.c.ending.is_not(None)
    )
    return [Busy(Doing.WAITS, row.priority) for row in connection.execute(query.limit(1))]


def _within(run: str, row: Any) -> Place | None:
    if row.parent is not None:
        return run, row.parent
    return None if row.parent_run is None else (row.parent_run, row.parent_step)


def _is_within(place: Place) -> sa.ColumnElement[bool]:
    run, step = place
    return sa.or_(
        sa.and_(steps.c.run_id == run, steps.c.parent == step),
        sa.and_(runs.c.parent_run == run, runs.c.parent_step == step, steps.c.parent.is_(None)),
    )


_CANDIDATES = sa.select(
    runs.c.id.label("run"),
    runs.c.parent_run,
    runs.c.parent_step,
    steps.c.name,
    steps.c.kind,
    steps.c.queue,
    steps.c.priority,
    steps.c.parent,
).where(*_MAY_START)

_waits = steps.c.state == StepState.WAITING
_makes_way = sa.and_(_waits, steps.c.kind.in_(("child", "map")))
#: What such a step is at.
DOING = sa.case(
    (_makes_way, Doing.MAKES_WAY),
    (sa.and_(_waits, steps.c.kind == "wait"), Doing.WAITS),
    else_=Doing.WORKS,
)
#: What is true of the steps that were let start and have not ended.
LET_START = (
    RUN_IS_GATED,
    STEP_IS_OPEN,
    sa.or_(
        steps.c.state == StepState.RUNNING,
        # The message of a paused run's step is dropped, and the step is to be admitted anew.
        sa.and_(steps.c.state.in_(HANDED_OVER), runs.c.state != RunState.PAUSED),
        # One that rather follows others has not begun: it would keep those from starting.
        sa.and_(_waits, steps.c.attempts > steps.c.forgiven),
    ),
)
#: Thousands that work are one row for each priority.
_BUSY = (
    sa.select(
        DOING.label("doing"),
        steps.c.priority,
        sa.case((_makes_way, runs.c.id)).label("run"),
        sa.case((_makes_way, steps.c.name)).label("name"),
        sa.case((_makes_way, steps.c.parent)).label("parent"),
        sa.case((_makes_way, runs.c.parent_run)).label("parent_run"),
        sa.case((_makes_way, runs.c.parent_step)).label("parent_step"),
    )
    .distinct()
    .join_from(runs, steps, runs.c.id == steps.c.run_id)
    .where(*LET_START)
)
