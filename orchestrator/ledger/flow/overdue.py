"""Runs that take longer than their workflow allows: they fail, and what they did is undone."""

import sqlalchemy as sa

from orchestrator.definition import durations
from orchestrator.ledger import events, moved_clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import endings
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import NOT_ENDED, runs
from orchestrator.states import RunState


def overdue(ledger: Ledger) -> list[tuple[str, str]]:
    """Return (run, version) of the runs whose time is over, paused ones included."""
    with ledger.read() as connection:
        late = sa.select(runs.c.id, runs.c.version).where(
            sa.text(NOT_ENDED),
            runs.c.ending.is_(None),
            runs.c.deadline_at <= moved_clock.now(connection),
        )
        return [(row.id, row.version) for row in connection.execute(late)]


def expire(ledger: Ledger, run_id: str, *, seconds: float) -> Progress:
    """Send a run towards failed because its time is over, unless somebody gave it more.

    Args:
        seconds: how long it might take.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        until = connection.execute(
            sa.select(runs.c.deadline_at).where(runs.c.id == run_id)
        ).scalar_one()
        is_late = until is not None and until <= moved_clock.now(connection)
        if not (is_late and run.may_go_on):
            return Progress(run_id, run.version)
        error = f"the run took longer than {durations.words(seconds)}"
        events.append(connection, "run.overdue", run_id, seconds=seconds)
        endings.begin(connection, run, RunState.FAILED, error=error, reason=error)
    return Progress(run_id, run.version, settle=True)
