"""Steps that may start, and whether their messages are with the broker."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events, moved_clock
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import (
    OPEN,
    STEP_IS_LIVE,
    STEP_IS_OPEN,
    STEP_IS_QUEUED,
    runs,
    step_is,
    steps,
)
from orchestrator.states import RunState, StepState, broker_level


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A step to be handed to the broker."""

    run_id: str
    step: str
    attempt: int
    queue: str
    level: int  #: the broker's, see `states.broker_level`
    version: str
    queued_at: dt.datetime


#: So many steps are woken in one transaction, and the others by the next.
_AT_ONCE = 1000

#: The kinds of steps that workers do.
_WORKED = ("task", "undo")

#: The run of the step goes on, or the step undoes what it did.
LIVE_RUN = sa.and_(
    runs.c.id == steps.c.run_id,
    runs.c.state.in_((RunState.PENDING, RunState.RUNNING)),
    sa.or_(runs.c.ending.is_(None), steps.c.kind == "undo"),
)

#: The step starts when its session admits it; an undoing waits for none.
_NEEDS_SESSION = sa.and_(
    sa.exists().where(runs.c.id == steps.c.run_id, runs.c.gated), steps.c.kind != "undo"
)

#: Nobody holds the step back; an undoing waits for no session, and takes no turns.
NOT_HELD = sa.and_(
    sa.or_(sa.not_(runs.c.gated), steps.c.kind == "undo"),
    steps.c.fair_key.is_(None),
    ~sa.exists().where(pauses.c.kind == "pool", pauses.c.name == steps.c.queue),
)


def ready(
    ledger: Ledger,
    *,
    run_id: str | None = None,
    age: float = 0.0,
    limit: int | None = None,
    but: Collection[str] = (),
) -> list[Dispatch]:
    """Return the steps that are ready since `age` seconds, have no message, and may have one.

    Args:
        limit: at most so many, those that have waited longest.
        but: versions whose steps are passed over.
    """
    query = sa.select(*DISPATCH_COLUMNS, runs.c.version).where(
        LIVE_RUN,
        STEP_IS_LIVE,
        steps.c.state == StepState.READY,
        steps.c.kind.in_(_WORKED),
        NOT_HELD,
        steps.c.queued_at <= clock.now() - dt.timedelta(seconds=age),
    )
    if run_id is not None:
        query = query.where(steps.c.run_id == run_id)
    if but:
        query = query.where(runs.c.version.not_in(but))
    with ledger.read() as connection:
        rows = connection.execute(query.order_by(steps.c.queued_at).limit(limit))
        return [dispatch_of(row, row.version) for row in rows]


def unopened(
    ledger: Ledger, *, run_id: str | None = None, age: float = 0.0
) -> list[tuple[str, str]]:
    """Return (run, step) of the steps that are ready since `age` seconds and no worker does."""
    query = sa.select(steps.c.run_id, steps.c.name).where(
        LIVE_RUN,
        STEP_IS_LIVE,
        steps.c.state == StepState.READY,
        steps.c.kind.not_in(_WORKED),
        sa.not_(runs.c.gated),
        steps.c.queued_at <= clock.now() - dt.timedelta(seconds=age),
    )
    if run_id is not None:
        query = query.where(steps.c.run_id == run_id)
    with ledger.read() as connection:
        rows = connection.execute(query.order_by(steps.c.position)).all()
    return [(row.run_id, row.name) for row in rows]


def mark_queued(ledger: Ledger, dispatched: Iterable[Dispatch]) -> None:
    """Note that messages were handed to the broker just now."""
    by_run: dict[str, list[str]] = {}
    for dispatch in dispatched:
        by_run.setdefault(dispatch.run_id, []).append(dispatch.step)
    with ledger.write() as connection:
        for run_id, names in sorted(by_run.items()):
            for part in chunks(names):
                # One that somebody changes at this moment is passed over: waiting for it while
                # holding others would meet a cancel that waits the other way round.
                free = sa.select(steps.c.name).where(
                    steps.c.run_id == run_id,
                    steps.c.name.in_(part),
                    sa.or_(
                        step_is(StepState.QUEUED),
                        # One that its session had admitted was called back meanwhile.
                        sa.and_(step_is(StepState.READY), ~_NEEDS_SESSION),
                    ),
                )
                connection.execute(
                    sa.update(steps)
                    .where(
                        steps.c.run_id == run_id,
                        steps.c.name.in_(free.with_for_update(skip_locked=True)),
                    )
                    .values(state=StepState.QUEUED, queued_at=clock.now())
                )


def take_back(ledger: Ledger, new: Iterable[str]) -> None:
    """Make the first steps of new runs ready again: their messages could not be sent."""
    with ledger.write() as connection:
        for part in chunks(new):
            connection.execute(
                sa.update(steps)
                .where(
                    steps.c.run_id.in_(part),
                    STEP_IS_QUEUED,
                    steps.c.attempts == 0,
                )
                .values(state=StepState.READY, queued_at=clock.now())
            )


def wake(ledger: Ledger) -> list[Dispatch]:
    """Let the steps go on whose time has come, the first ones; return those to be published.

    A step that no worker does becomes ready, to be opened.
    """
    with ledger.read() as connection:
        now = moved_clock.now(connection)
        if connection.execute(_due(now).limit(1)).first() is None:
            return []
    free = sa.case((steps.c.kind.in_(_WORKED), StepState.QUEUED), else_=StepState.READY)
    key = sa.tuple_(steps.c.run_id, steps.c.name)
    with ledger.write() as connection:
        # Those that a cancel or a twin of ours holds are theirs: see `mark_queued`.
        due = _due(now).order_by(steps.c.due_at).limit(_AT_ONCE)
        due = due.with_for_update(skip_locked=True, of=steps)
        woken = connection.execute(
            sa.update(steps)
            .where(key.in_(due))
            .values(
                state=sa.case(
                    (sa.or_(_NEEDS_SESSION, steps.c.fair_key.is_not(None)), StepState.READY),
                    else_=free,
                ),
                due_at=None,
                reason=None,
                queued_at=clock.now(),
                ready_at=clock.now(),
            )
            .returning(*DISPATCH_COLUMNS, steps.c.state)
        ).all()
        events.append_many(
            connection, [events.event("step.woken", row.run_id, row.name) for row in woken]
        )
        return dispatches(connection, [row for row in woken if row.state == StepState.QUEUED])


def _due(now: dt.datetime) -> sa.Select[tuple[str, str]]:
    """Select what waits for a time: a retry's, or that of the steps it rather follows.

    A step that was opened waits for something else, and its deadline is looked after there.
    """
    return (
        sa.select(steps.c.run_id, steps.c.name)
        .join(runs, runs.c.id == steps.c.run_id)
        .where(
            LIVE_RUN,
            STEP_IS_LIVE,
            steps.c.state == StepState.WAITING,
            steps.c.due_at <= now,
            sa.or_(steps.c.kind.in_(_WORKED), steps.c.attempts == steps.c.forgiven),
        )
    )


def wide_joins(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Return (run, version, step) of the wide joins that are pending."""
    query = sa.select(steps.c.run_id, runs.c.version, steps.c.name).where(
        LIVE_RUN, STEP_IS_OPEN, steps.c.wide, steps.c.state == StepState.PENDING
    )
    with ledger.read() as connection:
        return [(row.run_id, row.version, row.name) for row in connection.execute(query)]


def release_join(
    ledger: Ledger, run_id: str, step: str, after: Collection[str], *, idle: float
) -> bool:
    """Make a wide join ready if its predecessors are final since `idle` seconds.

    The last part of its chord starts it at once; who waits for less meets that message.

    Returns:
        Whether it was made ready.
    """
    if not _are_final(ledger, run_id, sorted(after), clock.now() - dt.timedelta(seconds=idle)):
        return False
    with ledger.write() as connection:
        done = connection.execute(
            sa.update(steps)
            .where(
                steps.c.run_id == run_id,
                steps.c.name == step,
                steps.c.state == StepState.PENDING,
                steps.c.wide,  # or a verb has sent some of them back since, and it is counted
            )
            .values(state=StepState.READY, queued_at=clock.now(), ready_at=clock.now())
        )
        return done.rowcount == 1


def _are_final(ledger: Ledger, run_id: str, names: list[str], since: dt.datetime) -> bool:
    with ledger.read() as connection:
        for part in chunks(names):
            others = sa.select(steps.c.name).where(
                steps.c.run_id == run_id,
                steps.c.name.in_(part),
                sa.or_(sa.text(OPEN), steps.c.ended_at > since),
            )
            if connection.execute(others.limit(1)).first() is not None:
                return False
    return True


#: What `dispatch_of` reads.
DISPATCH_COLUMNS = (
    steps.c.run_id,
    steps.c.name,
    steps.c.attempts,
    steps.c.queue,
    steps.c.priority,
    steps.c.boost,
    steps.c.queued_at,
)


def dispatches(connection: sa.Connection, rows: Collection[Any]) -> list[Dispatch]:
    """Return rows of `DISPATCH_COLUMNS` as what is handed to the broker."""
    of_runs = sa.select(runs.c.id, runs.c.version).where(
        runs.c.id.in_({row.run_id for row in rows})
    )
    versions = {row.id: row.version for row in connection.execute(of_runs)}
    return [dispatch_of(row, versions[row.run_id]) for row in rows]


def dispatch_of(row: Any, version: str) -> Dispatch:
    """Return a row of `DISPATCH_COLUMNS` as what is handed to the broker."""
    return Dispatch(
        run_id=row.run_id,
        step=row.name,
        attempt=row.attempts + 1,
        queue=row.queue,
        level=broker_level(row.priority, row.boost),
        version=version,
        queued_at=row.queued_at,
    )
