"""The elements of a map: made when its list is known, and counted until the last has ended.

Whoever ends an element lets the next one start. Only when none is left to start does an
end lock the map's row and look whether others run on: so thousands of elements do not
queue for one row, and the last of them, of two that end at once, is one and knows it.
"""

import json
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.definition.policies import Map
from orchestrator.ledger import events
from orchestrator.ledger.bulk import insert_all
from orchestrator.ledger.flow.freed import Freed
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import NEXT_COLUMNS, Turn, next_of
from orchestrator.ledger.flow.taking import Taker, take, taking
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import ELEMENT_IS_OPEN, steps
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState
from orchestrator.workflow import Step


def begin(
    connection: sa.Connection, run: LockedRun, planned: PlannedStep, items: list[Any]
) -> Freed:
    """Write the elements of a map that waits for them, and let the first of them start."""
    step = planned.step
    limit = _policy(step).limit
    row = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run.id, steps.c.name == step.name)
        .values(
            state=StepState.WAITING,
            attempts=steps.c.attempts + 1,
            started_at=clock.now(),
            reason=f"for its {len(items):,} elements, {limit} at a time",
        )
        .returning(
            steps.c.position,
            steps.c.priority,
            steps.c.queue,
            steps.c.task,
            steps.c.attempts,
            steps.c.undoings,
        )
    ).one()
    now = clock.now()
    first = StepState.READY if step.workflow else run.free_state
    rows = [
        {
            "run_id": run.id,
            "name": names.element(step.name, index),
            "kind": "child" if step.workflow else "task",
            "position": row.position,
            "parent": step.name,
            "element": index,
            "item": json.dumps(item),
            "task": row.task,
            "queue": row.queue,
            "priority": row.priority,
            "state": first if index < limit else StepState.PENDING,
            "missing": 0,
            "wide": False,
            "fair_key": None if step.workflow else run.fair_key,
            "generation": 0,
            "attempts": 0,
            "losses": 0,
            "start_within": step.start_within,
            "undoable": step.compensate is not None,
            "undoings": row.undoings,  # of a map that begins anew: another list, other keys
            "ready_at": now if index < limit else None,
            "queued_at": now if index < limit else None,
        }
        for index, item in enumerate(items)
    ]
    insert_all(connection, steps, rows)
    events.append(
        connection, "step.waiting", run.id, step.name, attempt=row.attempts, elements=len(items)
    )
    return _freed(connection, run, step, limit)


def _freed(connection: sa.Connection, run: LockedRun, step: Step, limit: int) -> Freed:
    started = connection.execute(
        sa.select(*NEXT_COLUMNS)
        .where(
            steps.c.run_id == run.id,
            steps.c.parent == step.name,
            sa.text(ELEMENT_IS_OPEN),
            steps.c.element < limit,
        )
        .order_by(steps.c.element)
    ).all()
    freed = Freed()
    for row in started:
        _sort_in(freed, row, step, run)
    return freed


def _sort_in(freed: Freed, row: Any, step: Step, run: LockedRun) -> None:
    if row.state == StepState.QUEUED:
        freed.hops.append(next_of(row))
    elif step.workflow and not run.is_gated:
        freed.openings.append(row.name)
    elif run.fair_key is not None:
        freed.turns.add(Turn(step.domain, row.priority, run.fair_key))


def after_element(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    element: str,
    outcome: Outcome,
    taker: Taker | None = None,
) -> tuple[Freed, Outcome | None]:
    """Return what the end of an element sets free, and the map's own outcome if it has one.

    The run's row is held, exclusively if the element failed.

    Args:
        taker: who has done the element, with success, and goes on with another.
    """
    freed = Freed()
    step = plan.steps[names.base(element)].step
    if outcome.state is StepState.FAILED and _policy(step).on_error == "fail":
        cancel_rest(connection, run.id, step.name, reason=f"element {element!r} failed")
        return freed, _failed(step, element, outcome)
    if taker and taker.suits(plan[element]):
        freed.taken = take(connection, plan, taker, _TAKE_NEXT, map=step.name)
        if freed.taken is not None:
            return freed, None
    following = _start_next(connection, run, step)
    if following is not None:
        _sort_in(freed, following, step, run)
        return freed, None
    connection.execute(
        sa.select(steps.c.name)
        .where(steps.c.run_id == run.id, steps.c.name == step.name)
        .with_for_update()
    )
    if connection.execute(_OPEN_ELEMENT, {"run": run.id, "map": step.name}).first() is not None:
        return freed, None
    return freed, Outcome(
        StepState.SUCCEEDED,
        result=gathered(connection, run.id, step),
        critical=step.critical,
    )


_OPEN_ELEMENT = (
    sa.select(steps.c.name)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.parent == sa.bindparam("map"),
        sa.text(ELEMENT_IS_OPEN),
    )
    .limit(1)
)


def _start_next(connection: sa.Connection, run: LockedRun, step: Step) -> Any | None:
    asked = {
        "run": run.id,
        "map": step.name,
        "free": StepState.READY if step.workflow else run.free_state,
        "now": clock.now(),
    }
    return connection.execute(_START_NEXT, asked).one_or_none()


_NEXT = (
    sa.select(steps.c.name)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.parent == sa.bindparam("map"),
        sa.text(ELEMENT_IS_OPEN),
        steps.c.state == StepState.PENDING,
    )
    .order_by(steps.c.element)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)
_START_NEXT = (
    sa.update(steps)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == _NEXT.scalar_subquery())
    .values(state=sa.bindparam("free"), queued_at=_NOW, ready_at=_NOW)
    .returning(*NEXT_COLUMNS)
)
_TAKE_NEXT = taking(steps.c.name == _NEXT.scalar_subquery())


def cancel_rest(connection: sa.Connection, run_id: str, name: str, *, reason: str) -> None:
    """Cancel the elements of a map that have not ended; what runs, runs on for nothing."""
    cancelled = connection.execute(
        sa.update(steps)
        .where(
            steps.c.run_id == run_id,
            steps.c.parent == name,
            sa.text(ELEMENT_IS_OPEN),
            steps.c.state != StepState.RUNNING,
        )
        .values(state=StepState.CANCELLED, reason=reason, ended_at=clock.now(), due_at=None)
        .returning(steps.c.name)
    ).scalars()
    events.append_many(
        connection,
        [events.event("step.cancelled", run_id, each, reason=reason) for each in cancelled],
    )


def _failed(step: Step, element: str, outcome: Outcome) -> Outcome:
    why = outcome.failure or Failure("Skipped", outcome.reason or "")
    failure = Failure(why.type, f"element {names.index(element)}: {why.message}", why.traceback)
    return Outcome(StepState.FAILED, failure=failure, critical=step.critical)


def gathered(connection: sa.Connection, run_id: str, step: Step) -> str:
    """Return the results of a map's elements in their order, as JSON."""
    ended = connection.execute(
        sa.select(steps.c.element, steps.c.result, steps.c.error)
        .where(steps.c.run_id == run_id, steps.c.parent == step.name)
        .order_by(steps.c.element)
    ).all()
    results = f"[{','.join(row.result or 'null' for row in ended)}]"
    if _policy(step).on_error == "fail":
        return results
    errors = [{"index": row.element, **_told(json.loads(row.error))} for row in ended if row.error]
    return f'{{"results":{results},"errors":{json.dumps(errors)}}}'


def _told(error: dict[str, str]) -> dict[str, str]:
    return {"type": error["type"], "message": error["message"]}


def _policy(step: Step) -> Map:
    if step.map is None:
        raise TypeError(f"step {step.name!r} has no map")
    return step.map
