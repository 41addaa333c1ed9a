"""The rows of a run's steps before anything has happened, and which of them go first."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import moved_clock
from orchestrator.ledger.flow.advance import is_wide, patience_of
from orchestrator.ledger.flow.earlier import is_counted_by_successes
from orchestrator.ledger.flow.progress import Next, Progress, Turn
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
    held: Collection[str],
    is_gated: bool,
    fair_key: str | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of all steps of a new run, in the order of its definition.

    Args:
        held: those of its first steps that their crowd holds back; see `crowds`.
        is_gated: a session says which of them start.
        fair_key: with whom they take turns at the pools.
    """
    now = clock.now()
    is_ordered = is_gated or fair_key is not None
    rows = [
        step_row(
            run_id,
            position,
            plan[step.name],
            priority,
            now,
            fair_key=fair_key,
            is_counted=is_ordered,
        )
        for position, step in enumerate(steps)
    ]
    if not is_ordered:
        for row in rows:
            if row["name"] in held:
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
    fair_key: str | None,
    is_counted: bool,
) -> dict[str, Any]:
    """Return the row of a step that has not begun; one without predecessors is ready.

    Args:
        fair_key: with whom it takes turns at its pool.
        is_counted: the ledger counts its predecessors, and no chord does.
    """
    step = planned.step
    starts = not planned.after
    return {
        "run_id": run_id,
        "name": step.name,
        "kind": step.kind,
        "position": position,
        "task": step.task,
        "queue": step.domain,
        "priority": step.priority_in(run_priority),
        "state": StepState.READY if starts else StepState.PENDING,
        "missing": planned.needed,
        "undecided": len(planned.after) if is_counted_by_successes(planned) else 0,
        "wide": is_wide(planned) and not is_counted,
        "fair_key": fair_key if step.kind == "task" else None,
        "generation": 0 if is_counted else 1,
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
    """Queue the steps that may start; what is held back, or waits for its turn, stays ready."""
    for row in rows:
        is_held = row["queued_at"] is None or row["fair_key"] is not None
        if row["kind"] == "task" and row["state"] == StepState.READY and not is_held:
            row["state"] = StepState.QUEUED


def first_steps(run_id: str, version: str, rows: Iterable[dict[str, Any]]) -> Progress:
    """Return what a run sets free with its beginning, where neither pause nor session holds it.

    Args:
        rows: of its steps, as they are written.
    """
    hops, openings, turns = [], [], set()
    for row in rows:
        if row["state"] == StepState.QUEUED:
            level = broker_level(row["priority"])
            hops.append(Next(row["name"], attempt=1, level=level, generation=row["generation"]))
        elif row["state"] == StepState.READY and row["kind"] != "task":
            openings.append(row["name"])
        elif row["state"] == StepState.READY and row["fair_key"] is not None:
            turns.add(Turn(row["queue"], row["priority"], row["fair_key"]))
    return Progress(
        run_id, version, hops=tuple(hops), openings=tuple(openings), turns=frozenset(turns)
    )
