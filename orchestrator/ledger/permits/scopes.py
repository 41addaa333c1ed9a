"""Which scopes of runs are open: from when their first step starts to the end of their last."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from orchestrator.definition.permits import Scope
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import runs, steps
from orchestrator.states import FINAL_RUN_STATES, FINAL_STEP_STATES, StepState

#: A scope by its run and its number in the definition.
Place = tuple[str, int]

_GOES_ON = runs.c.state.not_in(FINAL_RUN_STATES)


def begun(ledger: Ledger, plans: Plans) -> Iterator[tuple[Place, Scope]]:
    """Yield every scope whose first step has started, and that is open."""
    with ledger.read() as connection:
        going_on = connection.execute(sa.select(runs.c.id, runs.c.version).where(_GOES_ON)).all()
    for run in going_on:
        plan = plans.readable(run.version)
        for number, scope in enumerate(() if plan is None else plan.scopes):
            first, last = _ends(ledger, run.id, scope)
            if first.attempts and last.state not in FINAL_STEP_STATES:
                yield (run.id, number), scope


def may_be_held(ledger: Ledger, plans: Plans, place: Place) -> bool:
    """Say whether a run may hold a scope: also while its first step waits for its own permits."""
    run_id, number = place
    query = sa.select(runs.c.version).where(runs.c.id == run_id, _GOES_ON)
    with ledger.read() as connection:
        version = connection.execute(query).scalar()
    if version is None:
        return False
    plan = plans.readable(version)
    if plan is None or number >= len(plan.scopes):
        return plan is None
    first, last = _ends(ledger, run_id, plan.scopes[number])
    return first.state != StepState.PENDING and last.state not in FINAL_STEP_STATES


def _ends(ledger: Ledger, run_id: str, scope: Scope) -> tuple[Any, Any]:
    """Return the rows of the first and the last step of a scope."""
    query = sa.select(steps.c.name, steps.c.state, steps.c.attempts).where(
        steps.c.run_id == run_id, steps.c.name.in_((scope.first, scope.last))
    )
    with ledger.read() as connection:
        found = {row.name: row for row in connection.execute(query)}
    return found[scope.first], found[scope.last]
