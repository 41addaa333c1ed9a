"""Work tickets: the right of one agent or person to do a step that waits for one.

A ticket is fenced by its token. Its lease may end without harm as long as nobody else
claims the step: a late report is as good as one in time. Once somebody has, the old
token opens nothing.

Whoever takes or gives back a claim holds the step's row before that of what it waits
for, as whoever ends the step does.
"""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition.answers import FieldType
from orchestrator.definition.wait_for import WaitFor
from orchestrator.errors import LostRace, NotWaiting
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.locked import lock
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import runs, step_is, steps
from orchestrator.ledger.waiting import open_waits
from orchestrator.ledger.waiting.open_waits import COLUMNS, OpenWait
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class WorkTicket:
    """The right to do a step, and what there is to do.

    Attributes:
        by: who holds it.
        until: when its lease ends, unless its holder beats; None: a person's does not end.
        inputs: what the step shows to whoever does it.
        answer: fields of the report and their types; None where any JSON will do.
    """

    run_id: str
    step: str
    token: str
    by: str
    until: dt.datetime | None
    workflow: str
    inputs: Any
    answer: dict[str, FieldType] | None


def claim(
    ledger: Ledger, run_id: str, step: str, plan_of: Callable[[str], Plan], *, by: str
) -> WorkTicket:
    """Take a step that waits for an agent or a person; who holds it already gets a new ticket.

    Raises:
        RunNotFound: no run has this id.
        NotWaiting: the step waits for neither, or its run is paused.
        LostRace: somebody else has claimed it.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=False)
        plan = plan_of(run.version)
        hold(connection, run_id, step)
        found = open_waits.find(connection, run, plan, step)
        _refuse_signal(found)
        if run.state is RunState.PAUSED:
            raise NotWaiting(f"run {run_id} is paused: nothing of it is begun until it is resumed")
        ticket = take(connection, found, plan, by=by, again=True)
        if ticket is None:
            raise LostRace(f"step {step!r} of run {run_id} is taken: it waits {found.shown}")
        return ticket


def claim_next(
    ledger: Ledger, skills: Sequence[str], plan_of: Callable[[str], Plan], *, by: str
) -> WorkTicket | None:
    """Take the most urgent step that waits for an agent with one of the skills.

    Of equally urgent ones the oldest; None where there is nothing to do.
    """
    with ledger.read() as connection:
        # Unsorted: where nothing is to be done, or much, the first row found says enough.
        if connection.execute(_free(skills).order_by(None)).first() is None:
            return None
    with ledger.write() as connection:
        # One that somebody else is about to take is passed over. Its row may have been read
        # before another took it, so `take` looks again.
        asked = _free(skills).with_for_update(skip_locked=True, of=steps)
        while (row := connection.execute(asked).one_or_none()) is not None:
            found = OpenWait(*row[: len(COLUMNS)])
            ticket = take(connection, found, plan_of(row.version), by=by)
            if ticket is not None:
                return ticket
    return None


def take(
    connection: sa.Connection,
    found: OpenWait,
    plan: Plan,
    *,
    by: str,
    token: str = "",
    again: bool = False,
) -> WorkTicket | None:
    """Write a claim, if nobody has one; the step's row is held.

    Args:
        token: of a ticket that is to be good again; a new one unless given.
        again: also if it is `by` who has it.
    """
    now = clock.now()
    wait = wait_of(plan[found.step].step)
    until = now + lease_of(wait) if found.kind == "agent" else None
    token = token or secrets.token_hex(16)
    free = sa.or_(is_free(now), waits.c.claimed_by == by) if again else is_free(now)
    taken = connection.execute(
        sa.update(waits)
        .where(
            waits.c.run_id == found.run_id,
            waits.c.step == found.step,
            waits.c.done_at.is_(None),
            free,
        )
        .values(claimed_by=by, token=token, claimed_until=until)
    )
    if taken.rowcount != 1:
        return None
    say(connection, found, holder=by)
    events.append(connection, "step.claimed", found.run_id, found.step, by=by)
    inputs = json.loads(found.inputs)
    return WorkTicket(
        found.run_id, found.step, token, by, until, plan.workflow, inputs, wait.answer
    )


def say(connection: sa.Connection, found: OpenWait, *, holder: str | None) -> None:
    """Write down what a step waits for, and who is on it."""
    connection.execute(
        sa.update(steps)
        .where(
            steps.c.run_id == found.run_id,
            steps.c.name == found.step,
            step_is(StepState.WAITING),
        )
        .values(reason=found.in_words(holder))
    )


def hold(connection: sa.Connection, run_id: str, step: str) -> None:
    """Keep others from claiming a step until the transaction ends."""
    connection.execute(
        sa.select(steps.c.name)
        .where(steps.c.run_id == run_id, steps.c.name == step)
        .with_for_update()
    )


def lease_of(wait: WaitFor) -> dt.timedelta:
    """Return for how long an agent's claim holds unless it beats."""
    return dt.timedelta(seconds=wait.heartbeat)


def is_free(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Say, as SQL, whether nobody has claimed a step, or the claim's lease has ended."""
    return sa.or_(waits.c.claimed_by.is_(None), waits.c.claimed_until < now)


def _refuse_signal(found: OpenWait) -> None:
    if found.kind == "signal":
        raise NotWaiting(
            f"step {found.step!r} of run {found.run_id} waits {found.in_words()}, which nobody "
            f"has to work on: send it with `orchestrator signal {found.run_id} {found.name}`"
        )


def _free(skills: Sequence[str]) -> sa.Select[Any]:
    return (
        sa.select(*COLUMNS, runs.c.version)
        .select_from(
            waits.join(
                steps, sa.and_(steps.c.run_id == waits.c.run_id, steps.c.name == waits.c.step)
            ).join(runs, runs.c.id == waits.c.run_id)
        )
        .where(
            waits.c.kind == "agent",
            waits.c.name.in_(skills),
            waits.c.done_at.is_(None),
            is_free(clock.now()),
            step_is(StepState.WAITING),
            runs.c.state == RunState.RUNNING,
            runs.c.ending.is_(None),
        )
        .order_by(steps.c.priority, waits.c.opened_at, waits.c.run_id, waits.c.step)
        .limit(1)
    )
