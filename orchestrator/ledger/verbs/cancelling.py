"""Cancelling a run: what has not started never does, and what was done may be undone.

Running steps finish, or are stopped: in the ledger at once, so that they count no more, and
then, at the next beat of their node, as processes. Of a run that is on its way to an end the
undoings alone can still be cancelled, because one that goes wrong may do more harm.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import endings
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import OPEN, runs, steps
from orchestrator.ledger.verbs import dooming
from orchestrator.ledger.verbs.family import held_family
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who cancels, why, and how."""

    by: str
    reason: str
    compensate: bool
    stop: bool


def cancel(
    ledger: Ledger,
    run_id: str,
    plan_of: Callable[[str], Plan],
    *,
    by: str,
    reason: str,
    compensate: bool = True,
) -> Progress:
    """Send a run towards cancelled; running steps finish. One that has ended stays as it is.

    Args:
        compensate: undo what was done, where its steps say how. If not, what is being undone
            already is undone no further.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if not _send(connection, run, _Asked(by, reason, compensate, stop=False)):
            return Progress(run_id, run.version)
    return _settled(ledger, run_id, plan_of)


def cancel_family(
    ledger: Ledger,
    run_id: str,
    plan_of: Callable[[str], Plan],
    *,
    by: str,
    reason: str,
    compensate: bool = True,
    stop: bool = False,
) -> tuple[Progress, ...]:
    """Do the same with a run and the child runs it waits for.

    Args:
        stop: running steps are stopped, also of a run that is on its way to its end.

    Returns:
        What is to be told of each; empty where nothing changed.
    """
    asked = _Asked(by, reason, compensate, stop)
    with ledger.write() as connection:
        sent = [run.id for run in held_family(connection, run_id) if _send(connection, run, asked)]
    return tuple(_settled(ledger, each, plan_of) for each in reversed(sent))


def _send(connection: sa.Connection, run: LockedRun, asked: _Asked) -> bool:
    if run.state.is_final:
        return False
    is_new = run.ending is None
    if is_new:
        said: dict[str, Any] = {"stopped": True} if asked.stop else {}
        events.append(
            connection, "run.cancelling", run.id, by=asked.by, reason=asked.reason, **said
        )
        # First what has not started: from here on nothing starts that would not be stopped.
        endings.begin(connection, run, RunState.CANCELLED, error=None, reason=asked.reason)
    left = not asked.compensate and run.compensates
    if left:
        _let_stand(connection, run.id, asked)
    stopped = asked.stop and _stop(connection, run.id, asked)
    return is_new or left or stopped


def _let_stand(connection: sa.Connection, run_id: str, asked: _Asked) -> None:
    """Undo nothing of what was done, or nothing more; an undoing that runs finishes."""
    said: dict[str, Any] = {"by": asked.by, "reason": asked.reason}
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(compensates=False))
    events.append(connection, "run.let_stand", run_id, **said)
    cancelled = connection.execute(
        sa.update(steps)
        .where(
            steps.c.run_id == run_id,
            sa.text(OPEN),
            steps.c.state != StepState.RUNNING,
            steps.c.kind == "undo",
        )
        .values(state=StepState.CANCELLED, reason=asked.reason, ended_at=clock.now(), due_at=None)
        .returning(steps.c.name)
    ).scalars()
    events.append_many(
        connection, [events.event("step.cancelled", run_id, name, **said) for name in cancelled]
    )


def _stop(connection: sa.Connection, run_id: str, asked: _Asked) -> bool:
    """Take the running steps from their workers; what those report comes too late."""
    stopped = connection.execute(
        sa.update(steps)
        .where(
            steps.c.run_id == run_id,
            sa.text(OPEN),
            steps.c.state == StepState.RUNNING,
            steps.c.kind != "undo",
        )
        .values(
            state=StepState.CANCELLED,
            reason=asked.reason,
            ended_at=clock.now(),
            token=None,
            deadline_at=None,
        )
        .returning(steps.c.name, steps.c.attempts, steps.c.worker)
    ).all()
    dooming.doom(connection, {row.worker for row in stopped if row.worker})
    log = [
        events.event(
            "step.cancelled",
            run_id,
            row.name,
            attempt=row.attempts,
            worker=row.worker,
            stopped=True,
            by=asked.by,
            reason=asked.reason,
        )
        for row in stopped
    ]
    events.append_many(connection, log)
    return bool(stopped)


def _settled(ledger: Ledger, run_id: str, plan_of: Callable[[str], Plan]) -> Progress:
    done = endings.settle(ledger, run_id, plan_of)
    return replace(done, settle=done.run_state is None)  # its children are cancelled with it
