"""How much there is of everything, counted for those who watch over an installation."""

import datetime as dt

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import moved_clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.outbox import LIVE_RUN
from orchestrator.ledger.side_tables import pauses, waits
from orchestrator.ledger.tables import STEP_IS_LIVE, STEP_IS_OPEN, runs, steps
from orchestrator.states import RunState, StepState


def runs_by_state(ledger: Ledger) -> dict[RunState, int]:
    """Return how many runs are in each state, of all that the ledger has."""
    query = sa.select(runs.c.state, sa.func.count()).group_by(runs.c.state)
    with ledger.read() as connection:
        return {RunState(state): count for state, count in connection.execute(query)}


def open_steps_by_state(ledger: Ledger) -> dict[StepState, int]:
    """Return how many steps that have not ended are in each state."""
    query = sa.select(steps.c.state, sa.func.count()).where(STEP_IS_OPEN).group_by(steps.c.state)
    with ledger.read() as connection:
        return {StepState(state): count for state, count in connection.execute(query)}


def open_waits_by_kind(ledger: Ledger) -> dict[str, int]:
    """Return how many steps wait for a timer, a signal, a person, an agent."""
    query = (
        sa.select(waits.c.kind, sa.func.count().label("waiting"))
        .where(waits.c.done_at.is_(None))
        .group_by(waits.c.kind)
    )
    with ledger.read() as connection:
        return {row.kind: row.waiting for row in connection.execute(query)}


def undone_for(ledger: Ledger) -> float:
    """Return for how many seconds something has waited that maintenance should have done.

    A time has come and nobody has moved the step that waits for it, or a step is ready and
    nobody has sent its message.
    """
    with ledger.read() as connection:
        due = connection.execute(_FIRST_DUE).scalar()
        ready = connection.execute(_FIRST_READY).scalar()
        business = moved_clock.now(connection)
    return max(0.0, _seconds(due, business), _seconds(ready, clock.now()))


def _seconds(since: dt.datetime | None, now: dt.datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()


_FIRST_DUE = (
    sa.select(sa.func.min(steps.c.due_at))
    .join(runs, LIVE_RUN)
    .where(STEP_IS_LIVE, steps.c.state == StepState.WAITING)
)
#: When a session's run goes on the session says, and of a paused pool an operator.
_FIRST_READY = (
    sa.select(sa.func.min(steps.c.queued_at))
    .join(runs, LIVE_RUN)
    .where(
        STEP_IS_LIVE,
        steps.c.state == StepState.READY,
        sa.not_(runs.c.gated),
        ~sa.exists().where(pauses.c.kind == "pool", pauses.c.name == steps.c.queue),
    )
)
