"""What steps take while they run, and how much of it is free now.

Today that is a process of their pool, by the pool's name.
"""

from collections import Counter
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import STEP_IS_LIVE, steps, workers
from orchestrator.ledger.upkeep.backlog import levels_in
from orchestrator.states import StepState


def demand_of(kind: str, queue: str) -> dict[str, int]:
    """Return what a step takes, amounts by name."""
    return {queue: 1} if kind == "task" else {}


def may_be_met(supply: Mapping[str, int]) -> sa.ColumnElement[bool]:
    """Return what is true of the steps of which at least a part of the demand is free."""
    return sa.or_(steps.c.kind != "task", steps.c.queue.in_(sorted(supply)))


def free(connection: sa.Connection) -> dict[str, int]:
    """Return what can be taken now: processes that neither run a step nor have one coming.

    A pool that is held back has none, whoever works there.
    """
    now = clock.now()
    alive = (
        sa.select(workers.c.pool, sa.func.count().label("processes"))
        .where(workers.c.lease_until > now, sa.not_(workers.c.doomed))
        .group_by(workers.c.pool)
    )
    left: Counter[str] = Counter({row.pool: row.processes for row in connection.execute(alive)})
    at_work = (
        sa.select(steps.c.queue, sa.func.count().label("running"))
        .join(workers, workers.c.id == steps.c.worker)
        .where(STEP_IS_LIVE, steps.c.state == StepState.RUNNING, workers.c.lease_until > now)
        .group_by(steps.c.queue)
    )
    left.subtract({row.queue: row.running for row in connection.execute(at_work)})
    for level in levels_in(connection):
        left[level.queue] -= level.waiting
    return {pool: left[pool] for pool in left.keys() - _held(connection) if left[pool] > 0}


def _held(connection: sa.Connection) -> Collection[str]:
    held = sa.select(pauses.c.name).where(pauses.c.kind == "pool")
    return set(connection.execute(held).scalars())
