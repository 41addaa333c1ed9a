"""The rows of a run's steps before anything has happened, and which of them go first."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import moved_clock
from orchestrator.ledger.flow import crowds
from orchestrator.ledger.flow.advance import is_wide, patience_of
from orchestrator.ledger.flow.earlier import is_counted_by_successes
from orchestrator.ledger.flow.progress import Next, Progress
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import Priority, StepState, broker_level
from orchestrator.workflow import Step


def step_rows(
    connection: sa.Connection,
    run_id: str,
    steps: Sequence[Step],
    plan: Plan,
    priority: Priority,
    *,
    is_gated: bool,
) -> list[dict[str, Any]]:
    """Return the rows of all steps of a new run, in the order of its definition."""
    now = clock.now()
    rows = [
        step_row(run_id, position, plan[step.name], priority, now, is_gated=is_gated)
        for position, step in enumerate(steps)
    ]
    if not is_gated:
        _, held = crowds.window(plan, plan.start)
        back = frozenset(held)
        for row in rows:
            if row["name"] in back:
                row["queued_at"] = None
    if any(step.prefer_after for step in steps):
        began = moved_clock.now(connection)
        for row, step in zip(rows, steps, strict=True):
            if row["state"] == StepState.READY and step.prefer_after:
                row.update(patience_of(step, sorted(step.prefer_after), began))
    return rows


def step_row(
    run_id: str,
    position: int,
    planned: PlannedStep,
    run_priority: int,
    now: dt.datetime,
    *,
    is_gated: bool,
) -> dict[str, Any]:
    """Return the row of a step that has not begun; one without predecessors is ready."""
    step = planned.step
    starts = not planned.after
    return {
        "run_id": run_id,
        "name": step.name,
        "kind": step.kind,
        "position": position,
        "task": step.task,
        "queue": step.domain,
        "priority": run_priority if step.priority is None else step.priority,
        "state": StepState.READY if starts else StepState.PENDING,
        "missing": planned.needed,
        "undecided": len(planned.after) if is_counted_by_successes(planned) else 0,
        "wide": is_wide(planned) and not is_gated,
        "generation": 0 if is_gated else 1,
        "attempts": 0,
        "losses": 0,
        "start_within": step.start_within,
        "undoable": step.compensate is not None and step.map is None,
        "ready_at": now if starts else None,
        "queued_at": now if starts else None,
        "due_at": None,
        "reason": None,
    }


def queue(rows: Iterable[dict[str, Any]]) -> None:
    """Queue the steps that may start; what is held back stays ready."""
    for row in rows:
        if row["kind"] == "task" and row["queued_at"] and row["state"] == StepState.READY:
            row["state"] = StepState.QUEUED


def first_steps(run_id: str, plan: Plan, priority: Priority) -> Progress:
    """Return what a run sets free with its beginning, where nothing holds it back."""
    free = [plan.steps[name] for name in plan.start if not plan.steps[name].step.prefer_after]
    worked = [planned.step.name for planned in free if planned.step.kind == "task"]
    go, _ = crowds.window(plan, worked)
    return Progress(
        run_id,
        plan.version,
        hops=tuple(_first(plan.steps[name].step, priority) for name in go),
        openings=tuple(p.step.name for p in free if p.step.kind != "task"),
    )


def _first(step: Step, run_priority: Priority) -> Next:
    level = broker_level(run_priority if step.priority is None else step.priority)
    return Next(step.name, attempt=1, level=level, generation=1)
