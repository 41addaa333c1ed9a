"""Steps that have waited long for a worker: who they are, and what they gain by it."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events, workers
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.outbox import DISPATCH_COLUMNS, LIVE_RUN, Dispatch, dispatch_of
from orchestrator.ledger.tables import STEP_IS_LIVE, STEP_IS_QUEUED, runs, steps
from orchestrator.ledger.upkeep import backlog
from orchestrator.ledger.upkeep.backlog import Level
from orchestrator.states import Priority, StepState
from orchestrator.upkeep.aging import Aged, places, to_raise

#: So many more steps are looked at than can be raised: one whose message was lost and sent
#: again stands behind others that have not waited as long.
_MORE = 20


def raise_aged(ledger: Ledger, *, bound: float) -> list[Dispatch]:
    """Make steps more urgent that have waited long; return them, to be published once more.

    Args:
        bound: seconds after which a step is served before all that have not waited so.
    """
    alive = workers.alive(ledger)
    levels = [
        level
        for level in backlog.levels(ledger)
        if level.priority != Priority.CRITICAL and alive.get(level.queue)
    ]
    if not levels:
        return []
    now = clock.now()
    raised: list[Aged] = []
    with ledger.read() as connection:
        running = _raised_and_running(connection)
        for (queue, priority), group in groupby(sorted(levels, key=_kind), key=_kind):
            free = places(alive[queue]) - running[queue, priority]
            waiting = _longest(connection, group, limit=free + _MORE) if free > 0 else []
            raised += to_raise(waiting, now, bound=bound, places=free)
    return _write(ledger, raised) if raised else []


def _kind(level: Level) -> tuple[str, int]:
    return level.queue, level.priority


def _raised_and_running(connection: sa.Connection) -> Counter[tuple[str, int]]:
    query = sa.select(steps.c.queue, steps.c.priority).where(
        STEP_IS_LIVE, steps.c.state == StepState.RUNNING, steps.c.boost > 0
    )
    return Counter((row.queue, row.priority) for row in connection.execute(query))


def _longest(connection: sa.Connection, levels: Iterable[Level], *, limit: int) -> list[Aged]:
    found: list[Aged] = []
    for level in levels:
        query = (
            sa.select(*DISPATCH_COLUMNS, steps.c.ready_at, runs.c.version)
            .where(LIVE_RUN, STEP_IS_QUEUED, *level.members)
            .order_by(steps.c.queued_at)
            .limit(limit)
        )
        for row in connection.execute(query):
            waits_since = row.ready_at or row.queued_at
            dispatch = dispatch_of(row, row.version)
            found.append(Aged(dispatch, row.priority, row.boost, waits_since))
    return found


def _write(ledger: Ledger, raised: list[Aged]) -> list[Dispatch]:
    written: list[Dispatch] = []
    with ledger.write() as connection:
        for step in raised:
            which = (
                steps.c.run_id == step.dispatch.run_id,
                steps.c.name == step.dispatch.step,
                STEP_IS_QUEUED,
                steps.c.boost < step.boost,
            )
            # One that a cancel holds is passed over: see `outbox.mark_queued`.
            free = sa.select(steps.c.name).where(*which).with_for_update(skip_locked=True)
            done = connection.execute(
                sa.update(steps)
                .where(*which, steps.c.name == free.scalar_subquery())
                .values(boost=step.boost)
            )
            if done.rowcount:
                written.append(step.dispatch)
                events.append(connection, "step.raised", *_name(step), levels=step.boost)
    return written


def _name(step: Aged) -> tuple[str, str]:
    return step.dispatch.run_id, step.dispatch.step
