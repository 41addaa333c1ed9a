"""Letting the steps of a session start: what its mode chooses, under the lock of its row.

A step of such a session is `ready` when nothing but the session keeps it. Admitted, a task
is `queued`; a step that no worker does stays `ready` and is opened, and where the session
does one step at a time it is chosen once more in the transaction that opens it: so whoever
dies in between leaves nothing behind that the next admission does not find.

The session's row is locked after a run's, and steps that somebody else holds are passed
over: nobody who has the session's row waits for anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock, modes
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.outbox import DISPATCH_COLUMNS, Dispatch, dispatch_of
from orchestrator.ledger.sessions.session_steps import asking, busy_of, candidates_of, queued_of
from orchestrator.ledger.sessions.supply import free
from orchestrator.ledger.side_tables import sessions
from orchestrator.ledger.tables import runs, steps
from orchestrator.modes import Candidate, Place
from orchestrator.states import ExecutionMode, StepState


@dataclass(frozen=True, slots=True)
class Admitted:
    """Steps that a session lets start.

    Attributes:
        dispatches: to be published.
        openings: (run, step) of those that no worker does.
    """

    dispatches: tuple[Dispatch, ...] = ()
    openings: tuple[Place, ...] = ()


def admit(ledger: Ledger, session: str) -> Admitted:
    """Let the steps of a session start that its mode lets start now.

    Raises:
        Unavailable: the ledger does not answer; maintenance asks again.
    """
    with ledger.write() as connection:
        mode = _lock(connection, session)
        if mode is None or mode is ExecutionMode.PARALLEL:
            return Admitted()
        chosen = _choose(connection, session, mode)
        openings = tuple(step.place for step in chosen if not step.demand)
        tasks = [step.place for step in chosen if step.demand]
        return Admitted(_queue(connection, tasks), openings)


def still_admits(connection: sa.Connection, session: str, place: Place) -> bool:
    """Say whether a session lets a step be opened that it has admitted, in that transaction."""
    mode = _lock(connection, session)
    if mode is not ExecutionMode.SEQUENTIAL:
        return True  # by the others no admitted step is in another's way
    return place in [step.place for step in _choose(connection, session, mode)]


def waiting(ledger: Ledger) -> list[str]:
    """Return the sessions that may have steps to let start."""
    with ledger.read() as connection:
        return asking(connection)


def _lock(connection: sa.Connection, session: str) -> ExecutionMode | None:
    query = sa.select(sessions.c.mode).where(sessions.c.id == session).with_for_update()
    mode = connection.execute(query).scalar()
    return None if mode is None else ExecutionMode(mode)


def _choose(connection: sa.Connection, session: str, mode: ExecutionMode) -> list[Candidate]:
    supply = free(connection) if mode is ExecutionMode.RESOURCE_AWARE else {}
    busy = busy_of(connection, session, mode)
    within = modes.innermost(busy)
    candidates = candidates_of(connection, session, mode, within=within, supply=supply)
    if mode is ExecutionMode.PRIORITY:
        turn = modes.turn_of(candidates, busy)
        if turn is not None and any(step.level > turn for step in busy):
            _call_back(connection, session, less_urgent_than=turn)
    return modes.admit(mode, candidates, busy, supply)


def _call_back(connection: sa.Connection, session: str, *, less_urgent_than: int) -> None:
    """Hold steps back again that were let start and that no worker has taken yet.

    Their messages lead nowhere: a `ready` step is not taken before it is admitted again.
    """
    key = sa.tuple_(steps.c.run_id, steps.c.name)
    untaken = queued_of(session, less_urgent_than=less_urgent_than)
    connection.execute(
        sa.update(steps)
        .where(key.in_(untaken.with_for_update(skip_locked=True, of=steps)))
        .values(state=StepState.READY)
    )


def _queue(connection: sa.Connection, chosen: Sequence[Place]) -> tuple[Dispatch, ...]:
    if not chosen:
        return ()
    key: Any = sa.tuple_(steps.c.run_id, steps.c.name)
    # One that is cancelled or changed at this moment is passed over: maintenance asks again.
    still_ready = (
        sa.select(steps.c.run_id, steps.c.name)
        .where(key.in_(chosen), steps.c.state == StepState.READY)
        .with_for_update(skip_locked=True)
    )
    queued = connection.execute(
        sa.update(steps)
        .where(key.in_(still_ready))
        .values(state=StepState.QUEUED, queued_at=clock.now())
        .returning(*DISPATCH_COLUMNS)
    ).all()
    of_runs = sa.select(runs.c.id, runs.c.version).where(runs.c.id.in_({r.run_id for r in queued}))
    versions = {row.id: row.version for row in connection.execute(of_runs)}
    turn = {place: number for number, place in enumerate(chosen)}
    in_turn = sorted(queued, key=lambda row: turn[row.run_id, row.name])
    return tuple(dispatch_of(row, versions[row.run_id]) for row in in_turn)
