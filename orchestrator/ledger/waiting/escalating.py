"""Escalations: somebody is told that a step still waits, or its run becomes more urgent."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator.definition.wait_for import Notice
from orchestrator.definition.waiting import in_order, next_move
from orchestrator.errors import OrchestratorError
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger import events, submission
from orchestrator.ledger.flow.earlier import look
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.verbs.reprioritizing import reprioritize
from orchestrator.ledger.waiting.open_waits import OpenWait
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan, compile
from orchestrator.states import Priority
from orchestrator.workflow import Step, Workflow

#: In whose name.
_BY = "orchestrator"


def escalate(connection: sa.Connection, run: LockedRun, plan: Plan, found: OpenWait) -> Progress:
    """Make the next escalation of a step, which is due.

    Args:
        run: held exclusively.
    """
    wait = wait_of(plan[found.step].step)
    made = found.escalations + 1
    escalation = in_order(wait)[found.escalations]
    said: dict[str, Any] = {"number": made, "reason": f"it still waits {found.shown}"}
    told = Progress(run.id, run.version)
    if escalation.priority is not None:
        told = _hurry(connection, run, plan, found, escalation.priority)
    if escalation.notify is not None:
        notice = _notify(connection, run, plan, found, escalation.notify)
        said["notice"] = notice
        told = replace(told, begun=(notice,) if notice else ())
    _note(connection, found, next_move(wait, found.opened_at, made))
    events.append(connection, "step.escalated", run.id, found.step, **said)
    return told


def _hurry(
    connection: sa.Connection, run: LockedRun, plan: Plan, found: OpenWait, priority: Priority
) -> Progress:
    """Make what is left of a run more urgent; one that is so already stays as it is."""
    old = _priority(connection, run.id)
    if old <= priority:
        return Progress(run.id, run.version)
    said: dict[str, Any] = {"from": int(old), "to": int(priority)}
    why = f"step {found.step!r} still waits {found.shown}"
    events.append(connection, "run.reprioritized", run.id, by=_BY, reason=why, **said)
    return reprioritize(connection, run, plan, priority)


def _notify(
    connection: sa.Connection, run: LockedRun, plan: Plan, found: OpenWait, notice: Notice
) -> str | None:
    """Write a run of the one task that tells somebody; return its id, None if it cannot be."""
    try:
        run_input = _resolved(connection, run, plan, found, notice)
        run_id, _ = submission.insert(connection, _asked(connection, run, found, notice, run_input))
    except (Missing, OrchestratorError) as error:
        # The step is not to blame, and its answer may still come.
        message = f"{notice.task} could not be told that it still waits: {error}"
        events.append(connection, "step.warned", run.id, found.step, message=message)
        return None
    return run_id


def _resolved(
    connection: sa.Connection, run: LockedRun, plan: Plan, found: OpenWait, notice: Notice
) -> dict[str, Any]:
    text = connection.execute(sa.select(runs.c.input).where(runs.c.id == run.id)).scalar_one()
    earlier = look(connection, run.id, plan[found.step])
    results = {name: json.loads(result) for name, result in earlier.results.items()}
    return dict(resolve(notice.inputs, run_input=json.loads(text), results=results))


def _asked(
    connection: sa.Connection,
    run: LockedRun,
    found: OpenWait,
    notice: Notice,
    run_input: dict[str, Any],
) -> submission.Submission:
    attempt = connection.execute(
        sa.select(steps.c.attempts).where(steps.c.run_id == run.id, steps.c.name == found.step)
    ).scalar_one()
    step = Step(
        name=notice.task.partition(".")[2],
        task=notice.task,
        inputs={name: f"$input.{name}" for name in run_input},
    )
    workflow = Workflow(name=notice.task, steps=(step,))
    return submission.Submission(
        workflow=workflow,
        plan=compile(workflow),
        run_input=run_input,
        priority=_priority(connection, run.id),
        # A step that is retried by hand waits, and escalates, once more.
        idempotency_key=f"{run.id}:{found.step}:{attempt}:escalation:{found.escalations + 1}",
        detail={"by": _BY, "reason": f"step {found.step!r} of run {run.id} still waits"},
    )


def _priority(connection: sa.Connection, run_id: str) -> Priority:
    of_run = sa.select(runs.c.priority).where(runs.c.id == run_id)
    return Priority(connection.execute(of_run).scalar_one())


def _note(connection: sa.Connection, found: OpenWait, due_at: dt.datetime | None) -> None:
    """Write that an escalation was made, and when the next thing happens."""
    connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == found.run_id, steps.c.name == found.step)
        .values(due_at=due_at)
    )
    connection.execute(
        sa.update(waits)
        .where(waits.c.run_id == found.run_id, waits.c.step == found.step)
        .values(escalations=found.escalations + 1)
    )
