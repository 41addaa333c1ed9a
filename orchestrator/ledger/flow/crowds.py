"""Steps of one task that are free at once in great numbers: a window of them is with the broker.

The others are held back: they are ready, and were never queued. Whichever step of a crowd
ends lets the next one of its pool go, in its own transaction, so the window stays as wide
as it was; where processes of the pool are idle all the same, maintenance widens it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import Taker, take, taking
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import STEP_IS_HELD_BACK, steps
from orchestrator.plan import WINDOW, Plan
from orchestrator.states import Priority


def window(plan: Plan, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the steps that go at once, of each crowd the first ones, and those held back."""
    go: list[str] = []
    held: list[str] = []
    seen: Counter[tuple[str, Priority | None]] = Counter()
    for name in names:
        planned = plan.steps[name]
        if planned.in_crowd:
            kind = (planned.step.task, planned.step.priority)
            seen[kind] += 1
            if seen[kind] > WINDOW:
                held.append(name)
                continue
        go.append(name)
    return go, held


def let_next_go(connection: sa.Connection, run: LockedRun, queue: str) -> Any | None:
    """Let one go that is held back; return its row, or None where none is."""
    return connection.execute(
        _LET_GO, {"run": run.id, "pool": queue, "free": run.free_state, "now": clock.now()}
    ).one_or_none()


def take_next(
    connection: sa.Connection, run: LockedRun, plan: Plan, taker: Taker | None
) -> Claim | None:
    """Let one go that is held back, and that the taker takes; None: there is none for it."""
    return take(connection, run, plan, taker, _TAKE)


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
