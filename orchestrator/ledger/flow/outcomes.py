"""How an attempt ended, written down with all that follows from it, in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import events
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import at_once, consequences
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.flow.finishing import events_of, finish
from orchestrator.ledger.flow.freed import has_chord
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import NEXT_COLUMNS, Progress, next_of
from orchestrator.ledger.flow.taking import Taker
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import steps
from orchestrator.plan import Plan
from orchestrator.states import StepState


def record(
    ledger: Ledger,
    held: Held,
    outcome: Outcome,
    plan_of: Callable[[str], Plan],
    taker: Taker | None = None,
) -> Progress:
    """Write an outcome and free the step's successors.

    Args:
        taker: who has done the step, and would go on with one that it sets free.

    Raises:
        LostRace: another attempt took the step meanwhile; nothing is written.
        Unavailable: the ledger does not answer; nothing is written.
        InDoubt: it went away, and all of it may be written.
    """
    told = at_once.end(ledger, held, outcome, plan_of(held.version), taker)
    if told is not None:
        return told
    with ledger.write() as connection:
        return record_in(connection, held, outcome, plan_of, taker)


def record_in(
    connection: sa.Connection,
    held: Held,
    outcome: Outcome,
    plan_of: Callable[[str], Plan],
    taker: Taker | None = None,
) -> Progress:
    """Do the same in the caller's transaction: with it, the step's effect may be committed.

    Raises:
        LostRace: another attempt took the step meanwhile; roll the transaction back.
    """
    exclusive = consequences.needs_exclusive(plan_of(held.version), held.step, outcome)
    if outcome.state is StepState.WAITING:
        run = lock(connection, held.run_id, exclusive=exclusive)
        if not run.may_try_again(held.step):
            outcome = replace(outcome, state=StepState.FAILED, critical=False)
    run = finish(connection, held, outcome, exclusive=exclusive)
    log = list(events_of(held, outcome))
    # Not the version it was claimed with: the run may have been moved to another since.
    plan = plan_of(run.version)
    if taker is None or not taker.goes_on(run, outcome.state):
        events.append_many(connection, log)
        taker, log = None, []
    if outcome.state is StepState.WAITING:
        return consequences.told_of(run, plan, held.step)
    return consequences.follow(connection, run, plan, held.step, outcome, taker, log)


def propagation(ledger: Ledger, run_id: str, step: str, plan: Plan) -> Progress:
    """Return what the finished `step` had to tell Celery, to be told once more."""
    told = Progress(run_id, plan.version, step)
    before = plan[step].before
    if not before:
        return told
    found: list[Any] = []
    with ledger.read() as connection:
        for part in chunks(before):
            found += connection.execute(
                sa.select(*NEXT_COLUMNS).where(
                    steps.c.run_id == run_id,
                    steps.c.name.in_(part),
                    steps.c.state.in_((StepState.PENDING, StepState.QUEUED)),
                )
            ).all()
    joins = tuple(next_of(row) for row in found if has_chord(row, plan.steps[row.name]))
    counted = {nearer.step for nearer in joins}
    hops = tuple(
        next_of(row) for row in found if row.name not in counted and row.state == StepState.QUEUED
    )
    return replace(told, hops=hops, joins=joins)
