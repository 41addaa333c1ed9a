"""Which scopes of a run are open: begun, and neither their last step nor the run has ended."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from orchestrator.definition.permits import Scope
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import runs, steps
from orchestrator.states import FINAL_RUN_STATES, FINAL_STEP_STATES

_GOES_ON = runs.c.state.not_in(FINAL_RUN_STATES)


def open_of(ledger: Ledger, run_id: str, scopes: Sequence[Scope]) -> list[int]:
    """Return the numbers of the scopes of a run that are open; of one that has ended, none."""
    names = {name for scope in scopes for name in (scope.first, scope.last)}
    query = (
        sa.select(steps.c.name, steps.c.state, steps.c.attempts)
        .join(runs, runs.c.id == steps.c.run_id)
        .where(steps.c.run_id == run_id, steps.c.name.in_(names), _GOES_ON)
    )
    with ledger.read() as connection:
        found = {row.name: row for row in connection.execute(query)}
    return [
        number
        for number, scope in enumerate(scopes)
        if found
        and found[scope.first].attempts
        and found[scope.last].state not in FINAL_STEP_STATES
    ]


def runs_by_version(ledger: Ledger) -> Mapping[str, list[str]]:
    """Return the runs that go on by the version of their workflow."""
    by_version: dict[str, list[str]] = {}
    with ledger.read() as connection:
        for row in connection.execute(sa.select(runs.c.version, runs.c.id).where(_GOES_ON)):
            by_version.setdefault(row.version, []).append(row.id)
    return by_version
