"""Steps of one task that are free at once in great numbers: a window of them is with the broker.

The others are held back: they are ready, and were never queued. Whichever step of a crowd
ends lets the next one of its pool go, in its own transaction, so the window stays as wide
as it was; where processes of the pool are idle all the same, maintenance widens it. What is
held back needs no message where a process goes on with it in a burst.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import workers
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import Taker, take, taking
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, steps
from orchestrator.plan import WINDOW, Plan
from orchestrator.states import Priority

#: So many messages wait for each process, so that none is idle while the next are sent.
EACH = 2


def window(
    connection: sa.Connection, plan: Plan, names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the steps that go at once, and those held back, each in the order of `names`.

    Of a crowd the first ones go, one for each process, and some of the last. A process goes on
    with those that are held back, so the last come after these: all are begun nearly in their
    order, and what waits for the first of them can begin early.
    """
    if len(names) <= WINDOW or not any(plan.steps[name].in_crowd for name in names):
        return list(names), []
    processes = workers.alive_in(connection)
    kinds: dict[tuple[str, Priority | None], list[str]] = {}
    for name in names:
        planned = plan.steps[name]
        if planned.in_crowd:
            kinds.setdefault((planned.step.task, planned.step.priority), []).append(name)
    held: set[str] = set()
    for alike in kinds.values():
        first = processes.get(plan.steps[alike[0]].step.domain, 0) or WINDOW // EACH
        last = (EACH - 1) * first
        held.update(alike[first:-last])
    return [name for name in names if name not in held], [name for name in names if name in held]


def let_next_go(connection: sa.Connection, run: LockedRun, queue: str) -> Any | None:
    """Let one go that is held back; return its row, or None where none is."""
    return connection.execute(
        _LET_GO, {"run": run.id, "pool": queue, "free": run.free_state, "now": clock.now()}
    ).one_or_none()


def take_next(connection: sa.Connection, plan: Plan, taker: Taker | None) -> Claim | None:
    """Let one go that is held back, and that the taker takes; None: there is none for it."""
    return take(connection, plan, taker, _TAKE)


# The statements of every step are made once: to build one takes longer than to run it.
_FIRST = (
    sa.select(steps.c.name)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.queue == sa.bindparam("pool"),
        STEP_IS_HELD_BACK,
    )
    .order_by(steps.c.priority, steps.c.position)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = taking(steps.c.name == _FIRST.scalar_subquery())
_LET_GO = (
    sa.update(steps)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == _FIRST.scalar_subquery())
    .values(state=sa.bindparam("free"), queued_at=sa.bindparam("now", type_=steps.c.queued_at.type))
    .returning(*NEXT_COLUMNS)
)
