"""Steps that wait for permits: written so that nobody sends them again meanwhile."""

import datetime as dt

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.claim import Wanting
from orchestrator.ledger.tables import STEP_IS_PARKED, runs, step_is, steps
from orchestrator.states import HANDED_OVER, StepState

#: Whoever parks a step may be between the two writes.
_SETTLED = dt.timedelta(seconds=5)

#: Whose message may be used up while the step waits for permits.
_MAY_PARK = (StepState.PENDING, StepState.READY, StepState.QUEUED)


def park(ledger: Ledger, wanting: Wanting) -> bool:
    """Note that a step waits for permits; say whether it did not go on meanwhile."""
    with ledger.write() as connection:
        parked = connection.execute(
            _PARK,
            {"run": wanting.run_id, "name_": wanting.step, "attempts_": wanting.attempt - 1},
        )
        return parked.rowcount == 1


def put_back(ledger: Ledger, run_id: str, step: str) -> bool:
    """Make a step ready to be sent again, where its permits cannot be asked for now."""
    with ledger.write() as connection:
        back = connection.execute(
            sa.update(steps)
            .where(
                steps.c.run_id == run_id,
                steps.c.name == step,
                step_is(*HANDED_OVER),
            )
            .values(state=StepState.READY, queued_at=clock.now())
        )
        return back.rowcount == 1


def parked(
    ledger: Ledger, *, after: tuple[str, str] | None = None, limit: int | None = None
) -> list[Wanting]:
    """Return parked steps in the order of their runs and names.

    Args:
        after: only those after this run and step.
        limit: no more than so many, and none that was parked a moment ago.
    """
    query = _PARKED.limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(steps.c.run_id, steps.c.name) > after)
    if limit is not None:
        query = query.where(steps.c.queued_at < clock.now() - _SETTLED)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [Wanting.of(row) for row in rows]


_PARKED = (
    sa.select(
        steps.c.run_id,
        steps.c.name,
        steps.c.attempts,
        steps.c.priority,
        steps.c.boost,
        steps.c.ready_at,
        runs.c.version,
        runs.c.fair_key,
    )
    .join(runs, runs.c.id == steps.c.run_id)
    .where(STEP_IS_PARKED)
    .order_by(steps.c.run_id, steps.c.name)
)

# The statements of every step are made once: to build one takes longer than to run it.
_PARK = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("name_"),
        step_is(*_MAY_PARK),
        steps.c.attempts == sa.bindparam("attempts_"),
    )
    .values(state=StepState.PARKED)
)
