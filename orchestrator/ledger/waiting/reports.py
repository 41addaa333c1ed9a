"""What the holder of a work ticket says of it: still at it, done, failed, given up.

Nobody else is asked: a ticket whose step was claimed by another since, or has ended, is
refused with who it was.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition.answer_check import fitted
from orchestrator.errors import LostRace, WorkFailed
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.waiting import open_waits, tickets
from orchestrator.ledger.waiting.open_waits import COLUMNS, OpenWait
from orchestrator.ledger.waiting.tickets import WorkTicket
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan
from orchestrator.retries import outcome_of
from orchestrator.states import StepState

PlanOf = Callable[[str], Plan]


def heartbeat(ledger: Ledger, ticket: WorkTicket, plan_of: PlanOf) -> WorkTicket:
    """Lengthen a ticket's lease; one whose lease had ended is good again if nobody came.

    Raises:
        LostRace: somebody else has claimed the step since.
        NotWaiting: it has ended; leave the work.
    """
    with ledger.write() as connection:
        run = lock(connection, ticket.run_id, exclusive=False)
        plan = plan_of(run.version)
        found = _held(connection, run, plan, ticket)
        if found.claimed_by is None:
            # Nobody comes between: the step is held, so there is always a ticket to return.
            return tickets.take(connection, found, plan, by=ticket.by, token=ticket.token) or ticket
        if found.claimed_until is None:
            return ticket  # a person's
        until = clock.now() + tickets.lease_of(wait_of(plan[ticket.step].step))
        _change(connection, ticket, claimed_until=until)
        return replace(ticket, until=until)


def complete(ledger: Ledger, ticket: WorkTicket, report: str, plan_of: PlanOf) -> Progress:
    """End a step with the report of whoever did it.

    Args:
        report: JSON.

    Raises:
        LostRace: somebody else has claimed the step since.
        NotWaiting: it has ended.
        InvalidAnswer: the report does not fit; the ticket stays good.
    """
    with ledger.write() as connection:
        run = lock(connection, ticket.run_id, exclusive=True)
        plan = plan_of(run.version)
        _held(connection, run, plan, ticket)
        result = fitted(ticket.step, wait_of(plan[ticket.step].step).answer, report)
        outcome = Outcome(StepState.SUCCEEDED, result=result)
        return _conclude(connection, run, plan, ticket, outcome)


def fail(
    ledger: Ledger, ticket: WorkTicket, message: str, plan_of: PlanOf, *, report: str
) -> Progress:
    """End a step as failed by whoever was to do it.

    Args:
        report: JSON, kept in the log.

    Raises:
        LostRace: somebody else has claimed the step since.
        NotWaiting: it has ended.
    """
    with ledger.write() as connection:
        run = lock(connection, ticket.run_id, exclusive=True)
        plan = plan_of(run.version)
        _held(connection, run, plan, ticket)
        outcome = outcome_of(WorkFailed(message), plan[ticket.step].step, failures=1)
        return _conclude(connection, run, plan, ticket, outcome, **_told(report))


def release(
    ledger: Ledger, ticket: WorkTicket, reason: str, plan_of: PlanOf, *, report: str = "null"
) -> None:
    """Let others claim a step.

    Raises:
        LostRace: somebody else has claimed it since.
        NotWaiting: it has ended.
    """
    with ledger.write() as connection:
        run = lock(connection, ticket.run_id, exclusive=False)
        found = _held(connection, run, plan_of(run.version), ticket)
        _change(connection, ticket, claimed_by=None, token=None, claimed_until=None)
        _say_released(connection, found, by=ticket.by, reason=reason, **_told(report))


def expired(ledger: Ledger) -> list[OpenWait]:
    """Return what is claimed by somebody whose beat has stayed away."""
    late = sa.select(*COLUMNS).where(
        waits.c.kind == "agent", waits.c.done_at.is_(None), waits.c.claimed_until < clock.now()
    )
    with ledger.read() as connection:
        return [OpenWait(*row) for row in connection.execute(late)]


def expire(ledger: Ledger, late: OpenWait) -> None:
    """Say that a step is free again; its old token stays good until somebody claims it."""
    with ledger.write() as connection:
        tickets.hold(connection, late.run_id, late.step)
        freed = connection.execute(
            sa.update(waits)
            .where(
                waits.c.run_id == late.run_id,
                waits.c.step == late.step,
                waits.c.token == late.token,
                waits.c.done_at.is_(None),
                waits.c.claimed_until < clock.now(),
            )
            .values(claimed_by=None, claimed_until=None)
        )
        if freed.rowcount == 1:
            reason = f"the beat of {late.claimed_by} has stayed away"
            _say_released(connection, late, by="orchestrator", reason=reason)


def _held(connection: sa.Connection, run: LockedRun, plan: Plan, ticket: WorkTicket) -> OpenWait:
    """Return what the ticket's step waits for; nobody claims it before the transaction ends."""
    tickets.hold(connection, run.id, ticket.step)
    found = open_waits.find(connection, run, plan, ticket.step)
    if found.token == ticket.token:
        return found
    since = f"{found.claimed_by} has claimed it since" if found.claimed_by else "it was given back"
    raise LostRace(
        f"the ticket of {ticket.by} for step {ticket.step!r} of run {run.id} is good no longer: "
        f"{since}"
    )


def _change(connection: sa.Connection, ticket: WorkTicket, **values: Any) -> None:
    connection.execute(
        sa.update(waits)
        .where(waits.c.run_id == ticket.run_id, waits.c.step == ticket.step)
        .values(**values)
    )


def _conclude(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    ticket: WorkTicket,
    outcome: Outcome,
    **detail: Any,
) -> Progress:
    return consequences.conclude(
        connection,
        run,
        plan,
        ticket.step,
        outcome,
        states=(StepState.WAITING,),
        by=ticket.by,
        **detail,
    )


def _say_released(connection: sa.Connection, found: OpenWait, **said: Any) -> None:
    tickets.say(connection, found, holder=None)
    events.append(connection, "step.released", found.run_id, found.step, **said)


def _told(report: str) -> dict[str, Any]:
    read = json.loads(report)
    return {} if read is None else {"report": read}
