"""Pausing a run, and letting it go on: nothing of it starts in between.

What runs finishes, and answers and times are noted, so the run is further when it goes on.
A run takes its child runs along, which are resumed with it; who was paused alone stays so.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import Refused
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import OPEN, runs, steps
from orchestrator.ledger.verbs import pausing
from orchestrator.ledger.verbs.family import held_family
from orchestrator.states import HANDED_OVER, RunState, StepState

#: Why a run is paused, and so who resumes it: it was asked for, its workflow is held back, or
#: the run that began it is paused.
_RUN, _WORKFLOW, _PARENT = "run", "workflow", "parent"


def pause(ledger: Ledger, run_id: str, *, by: str, reason: str) -> bool:
    """Pause a run; say whether that was new.

    One that is paused for its workflow is kept when that is let go.

    Raises:
        RunNotFound: no run has this id.
        Refused: it has ended, or is about to.
    """
    return _pause(ledger, run_id, _RUN, {"by": by, "reason": reason})


def resume(ledger: Ledger, run_id: str, *, by: str, reason: str) -> Progress | None:
    """Let a paused run go on, also where its workflow is held back.

    Returns:
        What is to be told; None if it was not paused.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if run.state is not RunState.PAUSED:
            return None
        resumed: set[str] = set()
        for each in held_family(connection, run_id):
            if each.id == run_id or _follows(connection, each, resumed):
                _go_on(connection, each, {"by": by, "reason": reason})
                resumed.add(each.id)
    return Progress(run_id, run.version, begun=tuple(sorted(resumed)), session=run.gate)


def follow_workflows(ledger: Ledger, *, by: str, reason: str) -> Iterator[Progress]:
    """Pause the runs whose workflow is held back, and resume those whose is not any more.

    A run may be submitted in the moment in which its workflow is paused, and whoever pauses
    a workflow may die half-way: so maintenance does the same again.

    Args:
        by: who lets the runs go on.
        reason: why.
    """
    for run_id, held in pausing.to_pause(ledger):
        try:
            _pause(ledger, run_id, _WORKFLOW, {"by": held.by, "reason": held.reason})
        except Refused:
            continue  # it ends by itself
    for run_id in pausing.to_resume(ledger):
        told = resume(ledger, run_id, by=by, reason=reason)
        if told is not None:
            yield told


def _pause(ledger: Ledger, run_id: str, cause: str, said: dict[str, Any]) -> bool:
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if not run.may_go_on:
            ended = run.state if run.state.is_final else "about to end"
            raise Refused(f"run {run_id} is {ended}: there is nothing of it to pause")
        if run.state is RunState.PAUSED:
            is_new = cause == _RUN and _cause(connection, run_id) != _RUN
            if is_new:
                _hold(connection, run, cause, said)
            return is_new
        for each in held_family(connection, run_id):
            if each.is_live:
                _hold(connection, each, cause if each.id == run_id else _PARENT, said)
    return True


def _hold(connection: sa.Connection, run: LockedRun, cause: str, said: dict[str, Any]) -> None:
    values = {"state": RunState.PAUSED, "paused_for": cause}
    connection.execute(sa.update(runs).where(runs.c.id == run.id).values(**values))
    events.append(connection, "run.paused", run.id, paused_for=cause, **said)


def _follows(connection: sa.Connection, run: LockedRun, resumed: set[str]) -> bool:
    """Say whether a child run was paused with its parent, and its parent goes on."""
    if run.state is not RunState.PAUSED or run.parent is None or run.parent[0] not in resumed:
        return False
    return _cause(connection, run.id) == _PARENT


def _cause(connection: sa.Connection, run_id: str) -> str | None:
    return connection.execute(sa.select(runs.c.paused_for).where(runs.c.id == run_id)).scalar()


def _go_on(connection: sa.Connection, run: LockedRun, said: dict[str, Any]) -> None:
    has_begun = runs.c.started_at.is_not(None)
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run.id)
        .values(
            state=sa.case((has_begun, RunState.RUNNING), else_=RunState.PENDING), paused_for=None
        )
    )
    # A message that came during the pause was dropped, and one that did not is one too many.
    connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run.id, sa.text(OPEN), steps.c.state.in_(HANDED_OVER))
        .values(state=StepState.READY, queued_at=clock.now())
    )
    events.append(connection, "run.resumed", run.id, **said)
