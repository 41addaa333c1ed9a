"""Doing a map again: the elements that did not succeed, or all of them with a new list.

While what its list comes from stays as it is, the list is the same, and what its elements
gave is kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import events
from orchestrator.ledger.flow import consequences, maps
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs.resetting import NEXT_GENERATION, NOT_YET, READY, reset
from orchestrator.plan import Plan
from orchestrator.states import StepState

#: Of an element that its map cannot do with.
_BROKEN = (StepState.FAILED, StepState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a map that have been made, by name in their order.

    Attributes:
        again: those that are done again.
        anew: those of them whose success stands.
        still_open: so many run on.
    """

    names: tuple[str, ...]
    again: tuple[str, ...]
    anew: tuple[str, ...]
    still_open: int


def look(
    connection: sa.Connection, run_id: str, name: str, wanted: Collection[str] = ()
) -> Elements:
    """Return the elements of a map, and which of them are to be done again.

    Args:
        wanted: elements that are done again though they ended well.
    """
    rows = connection.execute(
        sa.select(steps.c.name, steps.c.state, steps.c.undone_at)
        .where(steps.c.run_id == run_id, steps.c.parent == name)
        .order_by(steps.c.element)
    ).all()
    asked = set(wanted)
    again = tuple(
        row.name
        for row in rows
        if row.state in _BROKEN or row.undone_at is not None or row.name in asked
    )
    stands = {r.name for r in rows if r.state == StepState.SUCCEEDED and r.undone_at is None}
    return Elements(
        names=tuple(row.name for row in rows),
        again=again,
        anew=tuple(name for name in again if name in stands),
        still_open=sum(not StepState(row.state).is_final for row in rows),
    )


def begin_anew(connection: sa.Connection, run_id: str, name: str) -> None:
    """Forget the elements of a map: its list is read again when it begins.

    What they did stands unless it was undone, and the new ones have keys of their own.
    """
    forgotten = connection.execute(
        sa.delete(steps)
        .where(steps.c.run_id == run_id, steps.c.parent == name)
        .returning(steps.c.undoings)
    ).scalars()
    # More than any of them: one that was undone has used the keys up to its own number.
    most = max(forgotten, default=None)
    if most is not None:
        connection.execute(_of(run_id, name).values(undoings=most + 1))


def reopen(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    name: str,
    elements: Elements,
    **said: Any,
) -> Progress | None:
    """Let a map, which has elements, go on with those that are to be done again.

    Returns:
        What follows where there are none: the map has succeeded.
    """
    step = plan.steps[name].step
    limit = step.map.limit if step.map else 0
    reason = f"for {len(elements.again):,} of its {len(elements.names):,} elements"
    connection.execute(
        _of(run.id, name).values(
            state=StepState.WAITING,
            generation=NEXT_GENERATION,
            reason=reason,
            ended_at=None,
            result=None,
            error=None,
        )
    )
    events.append(connection, "step.waiting", run.id, name, reason=reason)
    free = max(0, limit - elements.still_open)
    left = {
        element: READY if place < free else NOT_YET for place, element in enumerate(elements.again)
    }
    reset(connection, run, plan, left, anew=elements.anew, **said)
    if left or elements.still_open:
        return None
    result = maps.gathered(connection, run.id, step)
    outcome = Outcome(StepState.SUCCEEDED, result=result, critical=step.critical)
    return consequences.conclude(connection, run, plan, name, outcome)


def _of(run_id: str, name: str) -> sa.Update:
    return sa.update(steps).where(steps.c.run_id == run_id, steps.c.name == name)
