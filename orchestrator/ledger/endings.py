"""How a run ends: at once when its last step has, or by way of `ending`.

A failure or a cancel sets `ending`: open steps are cancelled, running ones finish,
and whoever records the last of them ends the run. Each function locks the run's row
before any step's, so they never wait for each other in a circle.
"""

from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import OPEN, runs, steps
from orchestrator.states import RunState, StepState

_RUN = sa.select(runs.c.id, runs.c.state, runs.c.ending).where(runs.c.id == sa.bindparam("run"))
_SHARED = _RUN.with_for_update(read=True)
_EXCLUSIVE = _RUN.with_for_update()


def lock(connection: sa.Connection, run_id: str, *, exclusive: bool) -> Any:
    """Return the run's row (id, state, ending), held until the transaction ends."""
    return connection.execute(_EXCLUSIVE if exclusive else _SHARED, {"run": run_id}).one()


def begin(
    connection: sa.Connection, run: Any, ending: RunState, *, error: str | None, reason: str
) -> RunState | None:
    """Send a run towards `ending`, its row held exclusively; return the state if it is there."""
    connection.execute(
        sa.update(runs).where(runs.c.id == run.id).values(ending=ending, error=error)
    )
    cancelled = connection.execute(
        sa.update(steps)
        .where(
            steps.c.run_id == run.id,
            sa.text(OPEN),
            steps.c.state != StepState.RUNNING,
        )
        .values(state=StepState.CANCELLED, reason=reason, ended_at=clock.now())
        .returning(steps.c.name)
    ).scalars()
    events.append_many(
        connection,
        [events.event("step.cancelled", run.id, name, reason=reason) for name in cancelled],
    )
    return end_if_done(connection, connection.execute(_RUN, {"run": run.id}).one())


def end_if_done(connection: sa.Connection, run: Any) -> RunState | None:
    """End a run whose row is held exclusively if no step is open; return its final state."""
    if RunState(run.state).is_final:
        return None
    still_open = sa.select(steps.c.name).where(steps.c.run_id == run.id, sa.text(OPEN)).limit(1)
    if connection.execute(still_open).first() is not None:
        return None
    state = RunState(run.ending) if run.ending else RunState.SUCCEEDED
    connection.execute(
        sa.update(runs).where(runs.c.id == run.id).values(state=state, ended_at=clock.now())
    )
    events.append(connection, f"run.{state}", run.id)
    return state


def settle(ledger: Ledger, run_id: str) -> RunState | None:
    """End the run if nothing of it is open any more."""
    with ledger.write() as connection:
        return end_if_done(connection, lock(connection, run_id, exclusive=True))


def unsettled(ledger: Ledger) -> list[str]:
    """Return the runs that have not ended though nothing of them is open."""
    still_open = sa.select(steps.c.name).where(steps.c.run_id == runs.c.id, sa.text(OPEN))
    query = sa.select(runs.c.id).where(
        runs.c.ended_at.is_(None),
        runs.c.state.in_((RunState.PENDING, RunState.RUNNING)),
        ~still_open.exists(),
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def cancel(ledger: Ledger, run_id: str, *, reason: str) -> RunState | None:
    """Send a run towards cancelled; running steps finish. Return its state if it is final."""
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if RunState(run.state).is_final:
            return RunState(run.state)
        if run.ending is not None:
            return None
        events.append(connection, "run.cancelling", run_id, reason=reason)
        return begin(connection, run, RunState.CANCELLED, error=None, reason=reason)
