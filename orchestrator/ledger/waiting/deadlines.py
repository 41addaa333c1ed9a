"""Waiting steps whose time has come: timers that end, deadlines, and escalations before them.

Any number of maintenance processes may look for them. Each is done under the lock of its
run, and only if it is still due then: whoever comes second finds nothing to do.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa

from orchestrator.definition import durations
from orchestrator.definition.answer_check import fitted
from orchestrator.definition.waiting import what_is_due
from orchestrator.errors import DeadlineMissed
from orchestrator.ledger import moved_clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import STEP_IS_LIVE, runs, step_is, steps
from orchestrator.ledger.waiting import escalating
from orchestrator.ledger.waiting.open_waits import COLUMNS, OpenWait
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan
from orchestrator.retries import outcome_of
from orchestrator.states import StepState
from orchestrator.workflow import Step


def due(ledger: Ledger) -> list[tuple[str, str]]:
    """Return (run, step) of the waiting steps for which something is to be done now.

    Also those of paused runs: their time goes on, and what they set free does not start.
    """
    with ledger.read() as connection:
        now = moved_clock.now(connection)
        query = (
            sa.select(steps.c.run_id, steps.c.name)
            .join(runs, runs.c.id == steps.c.run_id)
            .where(
                STEP_IS_LIVE,
                steps.c.state == StepState.WAITING,
                steps.c.kind == "wait",
                steps.c.due_at <= now,
                steps.c.attempts > steps.c.forgiven,  # else it is yet to be opened
                runs.c.ended_at.is_(None),
                runs.c.ending.is_(None),
            )
            .order_by(steps.c.due_at)
        )
        return [(row.run_id, row.name) for row in connection.execute(query)]


def meet(ledger: Ledger, run_id: str, step: str, plan_of: Callable[[str], Plan]) -> Progress:
    """Do what is to be done for a step now: end it, or tell somebody."""
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        plan = plan_of(run.version)
        found = _open(connection, run, step)
        if found is None:
            return Progress(run.id, run.version)
        wait, now = wait_of(plan[step].step), moved_clock.now(connection)
        move = what_is_due(wait, found.opened_at, found.escalations, now)
        if move == "nothing":
            return Progress(run.id, run.version)
        if move == "escalate":
            return escalating.escalate(connection, run, plan, found)
        ended = Outcome(StepState.SUCCEEDED, result="null")
        outcome = ended if move == "ended" else _missed(plan[step].step, found)
        return consequences.conclude(
            connection, run, plan, step, outcome, states=(StepState.WAITING,)
        )


def _open(connection: sa.Connection, run: LockedRun, step: str) -> OpenWait | None:
    """Return what a step waits for if its time has still come."""
    if not run.may_go_on:
        return None
    row = connection.execute(
        sa.select(*COLUMNS)
        .join(steps, sa.and_(steps.c.run_id == waits.c.run_id, steps.c.name == waits.c.step))
        .where(
            waits.c.run_id == run.id,
            waits.c.step == step,
            waits.c.done_at.is_(None),
            step_is(StepState.WAITING),
            steps.c.due_at <= moved_clock.now(connection),
        )
    ).one_or_none()
    return OpenWait(*row) if row is not None else None


def _missed(step: Step, found: OpenWait) -> Outcome:
    """Return how a step ends that nobody has answered in time."""
    wait = wait_of(step)
    said = f"nobody answered within {durations.words(wait.deadline or 0)}: it waited {found.shown}"
    if wait.on_deadline == "fail":
        return outcome_of(DeadlineMissed(said), step, failures=1)
    if wait.on_deadline == "skip":
        return Outcome(StepState.SKIPPED, reason=said)
    result = fitted(step.name, wait.answer, json.dumps(wait.on_deadline))
    return Outcome(StepState.SUCCEEDED, result=result, reason=said)
