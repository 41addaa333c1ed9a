"""How busy pools are: who of them is alive, what waits for them, and at which place."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import STEP_IS_QUEUED, steps, workers
from orchestrator.ledger.upkeep import backlog, known_tasks
from orchestrator.why.facts import Held, PoolFacts


def look(connection: sa.Connection, names: Collection[str]) -> dict[str, PoolFacts]:
    """Return what is known of these pools."""
    if not names:
        return {}
    workforce = {row.pool: row for row in connection.execute(_WORKFORCE, {"now": clock.now()})}
    knowledge = known_tasks.known_in(connection)
    held = {
        row.name: Held("pool", row.by, row.reason, row.at)
        for row in connection.execute(sa.select(pauses).where(pauses.c.kind == "pool"))
    }
    waiting: dict[str, dict[int, int]] = {name: {} for name in names}
    for level in backlog.levels_in(connection):
        if level.queue in waiting:
            by_level = waiting[level.queue]
            by_level[level.broker_level] = by_level.get(level.broker_level, 0) + level.waiting
    return {
        name: PoolFacts(
            name=name,
            alive=_of(workforce, name, "alive") or 0,
            last_seen=_of(workforce, name, "last_seen"),
            knows=knowledge.of(name),
            paused=held.get(name),
            waiting=waiting[name],
        )
        for name in names
    }


def _of(rows: Mapping[str, Any], pool: str, column: str) -> Any:
    return getattr(rows[pool], column) if pool in rows else None


_IS_ALIVE = workers.c.lease_until > sa.bindparam("now", type_=workers.c.lease_until.type)
_WORKFORCE = sa.select(
    workers.c.pool,
    sa.func.sum(sa.case((_IS_ALIVE, 1), else_=0)).label("alive"),
    sa.func.max(sa.case((~_IS_ALIVE, workers.c.lease_until))).label("last_seen"),
).group_by(workers.c.pool)


def places(connection: sa.Connection, run_id: str) -> dict[str, int]:
    """Return at which place of its level each queued step of a run waits, from 1."""
    queues = sa.select(steps.c.queue).where(steps.c.run_id == run_id, STEP_IS_QUEUED).distinct()
    ranked = (
        sa.select(
            steps.c.run_id,
            steps.c.name,
            sa.func.row_number()
            .over(
                partition_by=(steps.c.queue, steps.c.priority - steps.c.boost),
                order_by=steps.c.queued_at,
            )
            .label("place"),
        )
        .where(STEP_IS_QUEUED, steps.c.queue.in_(queues))
        .subquery()
    )
    found = sa.select(ranked.c.name, ranked.c.place).where(ranked.c.run_id == run_id)
    return {row.name: row.place for row in connection.execute(found)}
