"""How a run ends: at once when its last step has, or by way of `ending`.

A failure or a cancel sets `ending`: open steps are cancelled, running ones finish, what
was done is undone, and whoever records the last of all that ends the run.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import children, undoings
from orchestrator.ledger.flow.aftermath import aftermath
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import OPEN, runs, steps
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


def begin(
    connection: sa.Connection, run: LockedRun, ending: RunState, *, error: str | None, reason: str
) -> LockedRun:
    """Send a run, held exclusively, towards `ending`; return it as it is now."""
    state = RunState.RUNNING if run.state is RunState.PAUSED else run.state
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run.id)
        .values(ending=ending, error=error, state=state, paused_for=None)
    )
    cancelled = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run.id, sa.text(OPEN), steps.c.state != StepState.RUNNING)
        .values(state=StepState.CANCELLED, reason=reason, ended_at=clock.now(), due_at=None)
        .returning(steps.c.name)
    ).scalars()
    events.append(connection, "run.ending", run.id, state=ending, reason=reason)
    events.append_many(
        connection,
        [events.event("step.cancelled", run.id, name, reason=reason) for name in cancelled],
    )
    connection.execute(
        sa.update(waits)
        .where(waits.c.run_id == run.id, waits.c.done_at.is_(None))
        .values(done_at=clock.now())
    )
    return replace(run, ending=ending, state=state)


def end_if_done(connection: sa.Connection, run: LockedRun, plan: Plan) -> Progress:
    """End a run that is held exclusively if nothing of it is open, or begin to undo it."""
    nothing = Progress(run.id, run.version)
    if run.state.is_final:
        return nothing
    still_open = sa.select(steps.c.name).where(steps.c.run_id == run.id, sa.text(OPEN)).limit(1)
    if connection.execute(still_open).first() is not None:
        return nothing
    undo = undoings.due(connection, run, plan)
    if not undo:
        return end(connection, run, plan)
    if children.are_open(connection, run.id):
        return nothing  # what they did came later than what they needed, and is undone before it
    return replace(nothing, hops=(undoings.begin(connection, run, plan, undo),))


def end(connection: sa.Connection, run: LockedRun, plan: Plan) -> Progress:
    """End a run that is held exclusively, of which nothing is open and all is undone."""
    state = run.ending or RunState.SUCCEEDED
    values: dict[str, Any] = {"state": state, "ended_at": clock.now()}
    detail: dict[str, Any] = {}
    if run.ending is not None:
        left = aftermath(connection, run, plan)
        error = sa.select(runs.c.error).where(runs.c.id == run.id)
        values["error"] = left.after(connection.execute(error).scalar())
        detail = left.detail
    connection.execute(sa.update(runs).where(runs.c.id == run.id).values(**values))
    events.append(connection, f"run.{state}", run.id, **detail)
    return Progress(run.id, run.version, run_state=state, parent=run.parent, session=run.gate)


def settle(ledger: Ledger, run_id: str, plan_of: Callable[[str], Plan]) -> Progress:
    """End the run if nothing of it is open any more."""
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        return end_if_done(connection, run, plan_of(run.version))


def unsettled(ledger: Ledger) -> list[str]:
    """Return the runs that have not ended though nothing of them is open."""
    still_open = sa.select(steps.c.name).where(steps.c.run_id == runs.c.id, sa.text(OPEN))
    query = sa.select(runs.c.id).where(
        runs.c.ended_at.is_(None),
        runs.c.state.in_((RunState.PENDING, RunState.RUNNING, RunState.PAUSED)),
        ~still_open.exists(),
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())
