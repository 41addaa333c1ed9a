"""Steps that have waited for a worker longer than their definition allows: `start_within`.

This is real time, as all that has to do with workers. While a step is held back, with its
run or its pool, it does not count, and when it is let go it counts anew.
"""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import durations
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.events import NO_RUN
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.ledger.outbox import LIVE_RUN
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import STEP_MUST_START, events, runs, steps
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, StepState

_FREE = (StepState.READY, *HANDED_OVER)


def unstarted(ledger: Ledger) -> list[tuple[str, str]]:
    """Return (run, step) of the steps that should have started by now."""
    now = clock.now()
    limits = sa.select(steps.c.start_within).where(STEP_MUST_START).distinct()
    found: list[tuple[str, str]] = []
    with ledger.read() as connection:
        for limit in connection.execute(limits).scalars().all():
            query = sa.select(steps.c.run_id, steps.c.name).where(
                LIVE_RUN,
                STEP_MUST_START,
                _ONLY_A_WORKER,
                steps.c.start_within == limit,
                steps.c.ready_at < now - dt.timedelta(seconds=limit),
            )
            found += [(row.run_id, row.name) for row in connection.execute(query)]
    return found


#: Nothing but a worker is missing to the step: neither its pool holds it back, nor its session,
#: which has yet to admit it.
_ONLY_A_WORKER = sa.and_(
    steps.c.kind == "task",
    sa.or_(sa.not_(runs.c.gated), steps.c.state.in_(HANDED_OVER)),
    ~sa.exists().where(pauses.c.kind == "pool", pauses.c.name == steps.c.queue),
)


def give_up(
    ledger: Ledger, run_id: str, name: str, plan_of: Callable[[str], Plan]
) -> Progress | None:
    """Fail a step that has waited too long; None if it goes on waiting after all."""
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        row = connection.execute(_STEP, {"run": run_id, "step": name}).one_or_none()
        if row is None or not run.is_live:
            return None
        waited = clock.now() - _waits_since(connection, row)
        if waited.total_seconds() < row.start_within:
            return None
        plan = plan_of(run.version)
        outcome = Outcome(
            StepState.FAILED,
            failure=Failure("NotStarted", _sentence(row, waited)),
            critical=plan[name].step.critical,
        )
        return consequences.conclude(connection, run, plan, name, outcome, states=_FREE)


_STEP = (
    sa.select(steps, runs.c.gated)
    .join(runs, runs.c.id == steps.c.run_id)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        STEP_MUST_START,
        _ONLY_A_WORKER,
    )
    .with_for_update(of=steps)
)


def _waits_since(connection: sa.Connection, row: Any) -> dt.datetime:
    """Return since when nothing but a worker is missing to a step."""
    since: dt.datetime = row.queued_at if row.gated else row.ready_at or row.queued_at
    resumed = sa.select(events.c.at, events.c.name, events.c.detail).where(
        events.c.run_id.in_((row.run_id, NO_RUN)),
        events.c.name.in_(("run.resumed", "pool.resumed")),
    )
    for event in connection.execute(resumed):
        if event.name == "run.resumed" or json.loads(event.detail)["pool"] == row.queue:
            since = max(since, event.at)
    return since


def _sentence(row: Any, waited: dt.timedelta) -> str:
    return (
        f"step {row.name!r} waited {durations.words(waited.total_seconds())} for a worker of pool "
        f"{row.queue!r}, and it may wait {durations.words(row.start_within)}"
    )
