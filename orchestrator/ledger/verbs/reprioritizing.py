"""Changing the priority of a run in flight: what has not started, and messages that are out.

A message cannot be taken out of a broker's queue. It is sent again at the new level, and
the ledger tells the copies apart: of a step that was raised the first to come is followed,
and of one that was lowered the old copy is refused, because it stands too far in front.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.ledger import events
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.progress import NEXT_COLUMNS, Progress, next_of
from orchestrator.ledger.locked import LockedRun, no_longer_as_planned
from orchestrator.ledger.tables import FOUND_STEP_IS_OPEN, OPEN, runs, steps
from orchestrator.ledger.verbs.family import held_family
from orchestrator.plan import Plan
from orchestrator.states import Priority, StepState


def reprioritize(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    priority: Priority,
    *,
    all_steps: bool = False,
) -> Progress:
    """Change the priority of what is left of a run, and say what is to be sent again.

    Args:
        run: held exclusively.
        all_steps: also of the steps whose definition names a priority of their own.
    """
    connection.execute(sa.update(runs).where(runs.c.id == run.id).values(priority=priority))
    if all_steps:
        no_longer_as_planned(connection, run.id)
    hops = []
    for part in chunks(_to_move(connection, run.id, plan, priority, all_steps=all_steps)):
        moved = connection.execute(
            sa.update(steps)
            .where(steps.c.run_id == run.id, steps.c.name.in_(part), FOUND_STEP_IS_OPEN)
            # One that waits for permits asks for them anew, by its new rank.
            .values(priority=priority, state=_UNPARKED)
            .returning(*NEXT_COLUMNS)
        )
        hops += [next_of(row) for row in moved if row.state == StepState.QUEUED]
    return Progress(run.id, run.version, hops=tuple(hops))


_UNPARKED = sa.case((steps.c.state == StepState.PARKED, StepState.QUEUED), else_=steps.c.state)


def change(
    ledger: Ledger,
    run_id: str,
    plan_of: Callable[[str], Plan],
    priority: Priority,
    *,
    by: str,
    reason: str,
    all_steps: bool = False,
) -> list[Progress]:
    """Change the priority of a run and of the child runs that it waits for.

    Returns:
        What is to be sent again, of each; empty where there was nothing to change.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.write() as connection:
        said = {"by": by, "reason": reason}
        return list(_each(connection, run_id, plan_of, priority, said, all_steps=all_steps))


def _each(
    connection: sa.Connection,
    run_id: str,
    plan_of: Callable[[str], Plan],
    priority: Priority,
    said: dict[str, Any],
    *,
    all_steps: bool,
) -> Iterator[Progress]:
    for run in held_family(connection, run_id):
        if run.state.is_final:
            continue
        plan = plan_of(run.version)
        old = connection.execute(sa.select(runs.c.priority).where(runs.c.id == run.id)).scalar_one()
        left = _to_move(connection, run.id, plan, priority, all_steps=all_steps)
        if old == priority and not left:
            continue
        told = reprioritize(connection, run, plan, priority, all_steps=all_steps)
        change: dict[str, Any] = {"from": Priority(old).name.lower(), "to": priority.name.lower()}
        events.append(connection, "run.reprioritized", run.id, **change, **said)
        yield told


def _to_move(
    connection: sa.Connection, run_id: str, plan: Plan, priority: Priority, *, all_steps: bool
) -> list[str]:
    others = connection.execute(
        sa.select(steps.c.name).where(
            steps.c.run_id == run_id, sa.text(OPEN), steps.c.priority != priority
        )
    ).scalars()
    return [name for name in sorted(others) if all_steps or not _has_its_own(plan, name)]


def _has_its_own(plan: Plan, step: str) -> bool:
    defined = plan.steps.get(names.base(step))
    return defined is not None and defined.step.priority is not None
