"""Letting more of a crowd go where a pool has more processes than steps for them."""

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import workers
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import crowds
from orchestrator.ledger.outbox import DISPATCH_COLUMNS, LIVE_RUN, NOT_HELD, Dispatch, dispatches
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, STEP_IS_QUEUED, steps
from orchestrator.states import StepState

#: The steps that are held back, and by nothing else than their crowd. The state is said
#: by itself, too: of that the database knows how few rows have it, and so how to join them.
_HELD = sa.and_(LIVE_RUN, steps.c.state == StepState.READY, STEP_IS_HELD_BACK, NOT_HELD)


def widen(ledger: Ledger) -> list[Dispatch]:
    """Let steps go that are held back; return them, to be published."""
    with ledger.read() as connection:
        if not _is_held(connection):
            return []
        free = {
            pool: count
            for pool, count in _free(connection).items()
            if _is_held(connection, steps.c.queue == pool)
        }
    if not free:
        return []
    with ledger.write() as connection:
        return [step for pool in sorted(free) for step in _let_go(connection, pool, free[pool])]


def _is_held(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> bool:
    """Say whether a step is held back, of those for which this is true."""
    first = sa.select(steps.c.name).where(_HELD, *which).limit(1)
    return connection.execute(first).first() is not None


def _free(connection: sa.Connection) -> dict[str, int]:
    """Return how many messages less than it may have each pool has, if it has too few."""
    free = {}
    for pool, processes in workers.alive_in(connection).items():
        most = crowds.EACH * processes
        # Of a long queue no more is looked at.
        waiting = sa.select(steps.c.name).where(STEP_IS_QUEUED, steps.c.queue == pool).limit(most)
        lacking = most - len(connection.execute(waiting).all())
        if lacking > 0:
            free[pool] = lacking
    return free


def _let_go(connection: sa.Connection, queue: str, count: int) -> list[Dispatch]:
    """Let the last of the oldest crowds go: processes go on with the first, see `crowds.window`."""
    first = (
        sa.select(steps.c.run_id, steps.c.name)
        .where(_HELD, steps.c.queue == queue)
        .order_by(steps.c.priority, steps.c.ready_at, steps.c.position.desc())
        .limit(count)
        .with_for_update(skip_locked=True, of=steps)
        .correlate(None)  # or its steps would be the one that is changed
    )
    let_go = (
        sa.update(steps)
        .where(sa.tuple_(steps.c.run_id, steps.c.name).in_(first))
        .values(queued_at=clock.now())
        .returning(*DISPATCH_COLUMNS)
    )
    return dispatches(connection, connection.execute(let_go).all())
