"""Cancelling a run: what has not started never does, and what was done may be undone."""

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from orchestrator.ledger import endings, events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.locked import lock
from orchestrator.ledger.progress import Progress
from orchestrator.ledger.tables import runs
from orchestrator.plan import Plan
from orchestrator.states import RunState


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
        compensate: undo what was done, where its steps say how.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if run.state.is_final or run.ending is not None:
            return Progress(run_id, run.version)
        events.append(connection, "run.cancelling", run_id, by=by, reason=reason)
        if not compensate:
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(compensates=False))
        endings.begin(connection, run, RunState.CANCELLED, error=None, reason=reason)
    done = endings.settle(ledger, run_id, plan_of)
    return replace(done, settle=done.run_state is None)  # its children are cancelled with it
