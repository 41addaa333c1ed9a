"""Making steps as if they had not begun, whatever became of them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.flow.advance import prefer
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.locked import LockedRun, no_longer_as_planned
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs.rebuilding import Left
from orchestrator.plan import Plan
from orchestrator.states import StepState

#: An element of a map waits for nothing but its turn.
READY = Left(StepState.READY, 0, 0)
NOT_YET = Left(StepState.PENDING, 0, 0)


def reset(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    left: Mapping[str, Left],
    *,
    anew: Iterable[str] = (),
    **said: Any,
) -> None:
    """Write how steps stand that are to be done; those that are ready have no message yet.

    From now on the ledger alone counts what they wait for: their chords, which know of the
    first time, count on without meaning anything.

    Args:
        run: held exclusively.
        anew: their effect stands, and doing them again makes another: the key is a new one.
        said: for their events, such as `by`.
    """
    if not left:
        return
    no_longer_as_planned(connection, run.id)
    now = clock.now()
    new_keys = set(anew)
    rows = [
        _values(run.id, name, left[name], now, new_key=name in new_keys) for name in sorted(left)
    ]
    connection.execute(_RESET, rows)
    events.append_many(
        connection,
        [
            events.event(
                "step.reset", run.id, name, state=left[name].state, anew=name in new_keys, **said
            )
            for name in sorted(left)
        ],
    )
    for name, how in left.items():
        if how.state is StepState.READY and plan[name].step.prefer_after:
            freed = connection.execute(_ROW, {"run": run.id, "step": name}).one()
            prefer(connection, run, plan[name], freed)


def _values(
    run_id: str, name: str, left: Left, now: dt.datetime, *, new_key: bool
) -> dict[str, Any]:
    free_at = now if left.state is StepState.READY else None
    return {
        "run": run_id,
        "step": name,
        "state": left.state,
        "missing": left.missing,
        "undecided": left.undecided,
        "more": int(new_key),
        "ready_at": free_at,
        "queued_at": free_at,
    }


_EMPTIED = (
    "undone_at",
    "token",
    "worker",
    "due_at",
    "started_at",
    "deadline_at",
    "ended_at",
    "result",
    "error",
    "reason",
)

#: The generation that no chord knows, also of a step that had none.
NEXT_GENERATION = sa.case((steps.c.generation < 1, 2), else_=steps.c.generation + 1)

_RESET = (
    sa.update(steps)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
    .values(
        **dict.fromkeys(_EMPTIED),
        wide=False,
        generation=NEXT_GENERATION,
        forgiven=steps.c.attempts,
        losses=0,
        boost=0,
        undoings=steps.c.undoings + sa.bindparam("more"),
        state=sa.bindparam("state"),
        missing=sa.bindparam("missing"),
        undecided=sa.bindparam("undecided"),
        ready_at=sa.bindparam("ready_at"),
        queued_at=sa.bindparam("queued_at"),
    )
)

_ROW = sa.select(*NEXT_COLUMNS).where(
    steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step")
)
