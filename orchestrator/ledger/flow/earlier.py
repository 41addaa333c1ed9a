"""What went before a step: how its predecessors ended, and the results that it refers to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.tables import steps
from orchestrator.plan import PlannedStep
from orchestrator.states import FINAL_STEP_STATES, StepState


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a step finds when it is to start.

    Attributes:
        results: JSON of the steps it refers to; a step that gave no result is absent.
        is_complete: its predecessors have come as far as its join asks for.
        idle: why there is nothing for it to do, a sentence; None where there is.
    """

    results: Mapping[str, str]
    is_complete: bool
    idle: str | None


def look(connection: sa.Connection, run_id: str, planned: PlannedStep) -> Earlier:
    """Return what went before a step.

    A source may be a predecessor's predecessor, so it is looked up by its own name.
    """
    states: dict[str, str] = {}
    results: dict[str, str] = {}
    by_hand: set[str] = set()
    own = _own(planned)
    sources = sorted(own.get(name, name) for name in planned.sources)
    for part in chunks(sorted({*planned.after, *sources})):
        asked = {"run": run_id, "names": part, "sources": sources}
        for row in connection.execute(_EARLIER, asked):
            states[row.name] = row.state
            if row.by_hand:
                by_hand.add(row.name)
            elif row.result is not None:
                results[row.name] = row.result
    for called, name in own.items():
        if name in results:
            results[called] = results.pop(name)
    return Earlier(results, is_complete(planned, states), _idle(planned, states, by_hand))


def _own(planned: PlannedStep) -> dict[str, str]:
    """Return how an undoing of an element calls the element: by the name of its map."""
    undone = names.undone(planned.step.name)
    if undone is None or names.index(undone) is None:
        return {}
    return {names.base(undone): undone}


#: Somebody skipped the step so that the run goes on: such a step alone is marked by a null.
SKIPPED_BY_HAND = sa.and_(steps.c.state == StepState.SKIPPED, steps.c.result.is_not(None))

_EARLIER = sa.select(
    steps.c.name,
    steps.c.state,
    sa.case((steps.c.name.in_(sa.bindparam("sources", expanding=True)), steps.c.result)).label(
        "result"
    ),
    SKIPPED_BY_HAND.label("by_hand"),
).where(
    steps.c.run_id == sa.bindparam("run"),
    steps.c.name.in_(sa.bindparam("names", expanding=True)),
)


def is_complete(planned: PlannedStep, states: Mapping[str, str]) -> bool:
    """Say whether a step's predecessors, in these states, have come as far as its join asks."""
    if FINAL_STEP_STATES.issuperset(states.values()):
        return True
    if not is_counted_by_successes(planned):
        return False
    made = _successes(planned, states)
    return made >= planned.needed or made + _open(planned, states) < planned.needed


def _idle(planned: PlannedStep, states: Mapping[str, str], by_hand: Collection[str]) -> str | None:
    join = planned.step.join
    if not states or join == "all_done":
        return None
    if is_counted_by_successes(planned):
        if _successes(planned, states) >= planned.needed:
            return None
        # Not how many did: that depends on when somebody looks.
        left = _successes(planned, states) + _open(planned, states)
        needed = planned.needed
        return f"no more than {left} of the steps it follows can succeed, and it needs {needed}"
    if join == "all_succeeded":
        others = [n for n in planned.after if states[n] != StepState.SUCCEEDED]
        return f"step {others[0]!r} is {states[others[0]]}, not succeeded" if others else None
    if set(states.values()) == {StepState.SKIPPED} and not by_hand:
        return "every step it follows was skipped"
    return None


def is_counted_by_successes(planned: PlannedStep) -> bool:
    """Say whether a step starts as soon as so many before it have succeeded."""
    join = planned.step.join
    return join == "any" or isinstance(join, int)


def _successes(planned: PlannedStep, states: Mapping[str, str]) -> int:
    return sum(states[name] == StepState.SUCCEEDED for name in planned.after)


def _open(planned: PlannedStep, states: Mapping[str, str]) -> int:
    return sum(states[name] not in FINAL_STEP_STATES for name in planned.after)


def given(row: Any, results: Mapping[str, str]) -> dict[str, str]:
    """Return results with what an element's row adds to them: the element and its place."""
    if row.item is None:
        return dict(results)
    return {**results, "item": row.item, "index": str(row.element)}
