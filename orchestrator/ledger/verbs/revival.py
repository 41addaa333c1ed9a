"""Letting a run go on that has ended, with steps that are done again."""

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from orchestrator.errors import Refused
from orchestrator.ledger import moved_clock
from orchestrator.ledger.flow import children
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.verbs import pausing
from orchestrator.states import RunState, StepState
from orchestrator.workflow import Workflow


def hold_parent(connection: sa.Connection, run_id: str) -> tuple[str, str] | None:
    """Hold the run that began this one, which is not held yet: first the upper, then the lower.

    Returns:
        The step that began it, if that does not wait for it any more.
    """
    found = connection.execute(
        sa.select(runs.c.parent_run, runs.c.parent_step).where(runs.c.id == run_id)
    ).one_or_none()
    if found is None or found.parent_run is None:
        return None
    parent = (found.parent_run, found.parent_step)
    above = lock(connection, found.parent_run, exclusive=False)
    waits = connection.execute(
        sa.select(steps.c.state).where(
            steps.c.run_id == found.parent_run, steps.c.name == found.parent_step
        )
    ).scalar()
    newest = children.newest(connection, parent)
    waits_for_it = waits == StepState.WAITING and newest is not None and newest.id == run_id
    return None if waits_for_it and above.may_go_on else parent


def refuse_if_forsaken(run: LockedRun, parent: tuple[str, str] | None) -> None:
    """Refuse to revive a run whose end its parent has taken for an answer.

    Raises:
        Refused: nobody waits for it any more.
    """
    if parent is not None:
        above, step = parent
        raise Refused(
            f"run {run.id} was begun by step {step!r} of run {above}, which has gone on without "
            f"it: `orchestrator runs retry {above} --step {step}` begins it anew"
        )


def revive(connection: sa.Connection, run: LockedRun, workflow: Workflow) -> LockedRun:
    """Let a run that has ended, and is held exclusively, go on; return it as it is now.

    Its time begins anew, or a run that took too long would end at once.
    """
    held_for = _held_for(connection, run, workflow)
    has_begun = connection.execute(sa.select(runs.c.started_at).where(runs.c.id == run.id)).scalar()
    state = RunState.RUNNING if has_begun else RunState.PENDING
    state = RunState.PAUSED if held_for else state
    timeout = workflow.timeout
    deadline = moved_clock.now(connection) + dt.timedelta(seconds=timeout) if timeout else None
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run.id)
        .values(
            state=state,
            paused_for=held_for,
            ending=None,
            error=None,
            ended_at=None,
            deadline_at=deadline,
            compensates=True,
        )
    )
    return replace(run, state=state, ending=None, compensates=True)


def _held_for(connection: sa.Connection, run: LockedRun, workflow: Workflow) -> str | None:
    """Return for whom a run is paused as soon as it goes on; see the column `paused_for`."""
    if pausing.is_paused(connection, "workflow", workflow.name):
        return "workflow"
    if run.parent is None:
        return None
    above = sa.select(runs.c.state).where(runs.c.id == run.parent[0])
    return "parent" if connection.execute(above).scalar() == RunState.PAUSED else None
