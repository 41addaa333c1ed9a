"""Beginning to wait: what is waited for, until when, and what is shown to whoever answers."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import waiting
from orchestrator.definition.wait_for import WaitFor, WaitKind
from orchestrator.errors import InputMismatch
from orchestrator.ledger import events, moved_clock
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import steps
from orchestrator.ledger.waiting import signals
from orchestrator.states import StepState
from orchestrator.workflow import Step

#: As long as the column.
_NAME_CHARACTERS = 200


def begin(
    connection: sa.Connection, run: LockedRun, step: Step, read: Callable[[Any], Any]
) -> Outcome | None:
    """Let a step wait; return its outcome if what it waits for has come before it.

    Args:
        run: held exclusively.
        read: resolves the references in a value of the definition.

    Raises:
        Missing: it refers to what is not there.
        InputMismatch: its timer is no time, or whom it waits for has no name.
    """
    wait = wait_of(step)
    now = moved_clock.now(connection)
    name = "" if wait.kind == "timer" else _name(step, wait.kind, read(getattr(wait, wait.kind)))
    until = _until(wait, now, read)
    if wait.kind == "timer" and until is not None and until <= now:
        return Outcome(StepState.SUCCEEDED, result="null")
    if wait.kind == "signal":
        early = signals.take_early(connection, run.id, step.name, wait)
        if early is not None:
            return Outcome(StepState.SUCCEEDED, result=early)
    # The row of a time before the step was retried by hand may still be there.
    connection.execute(sa.delete(waits).where(waits.c.run_id == run.id, waits.c.step == step.name))
    row = {
        "run_id": run.id,
        "step": step.name,
        "kind": wait.kind,
        "name": name,
        "inputs": json.dumps(read(step.inputs)),
        "opened_at": now,
        "deadline_at": until,
        "escalations": 0,
    }
    connection.execute(sa.insert(waits), row)
    due_at = until if wait.kind == "timer" else waiting.next_move(wait, now, 0)
    reason = waiting.in_words(wait.kind, name, since=now, until=until)
    _let_wait(connection, run.id, step.name, due_at=due_at, reason=reason)
    return None


def wait_of(step: Step) -> WaitFor:
    """Return what a step of kind wait waits for."""
    if step.wait_for is None:
        raise TypeError(f"step {step.name!r} waits for nothing")
    return step.wait_for


def _name(step: Step, kind: WaitKind, name: object) -> str:
    """Return whom a step waits for: a reference may lead to anything."""
    if isinstance(name, str) and 0 < len(name) <= _NAME_CHARACTERS and name.isprintable():
        return name
    raise InputMismatch(
        f"the {kind} of step {step.name!r} is {name!r}: a name is one line of text, of at most "
        f"{_NAME_CHARACTERS} characters"
    )


def _until(wait: WaitFor, now: dt.datetime, read: Callable[[Any], Any]) -> dt.datetime | None:
    if wait.kind == "timer":
        return waiting.end_of_timer(read(wait.timer), now)
    return None if wait.deadline is None else now + dt.timedelta(seconds=wait.deadline)


def _let_wait(
    connection: sa.Connection, run_id: str, step: str, *, due_at: dt.datetime | None, reason: str
) -> None:
    attempt = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run_id, steps.c.name == step)
        .values(
            state=StepState.WAITING,
            attempts=steps.c.attempts + 1,
            started_at=clock.now(),
            due_at=due_at,
            reason=reason,
        )
        .returning(steps.c.attempts)
    ).scalar_one()
    events.append(connection, "step.waiting", run_id, step, attempt=attempt, reason=reason)
