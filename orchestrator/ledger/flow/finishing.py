"""Writing how an attempt ended into its step's row."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import LostRace
from orchestrator.ledger import moved_clock
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.locked import LockedRun, LockingUpdate
from orchestrator.ledger.tables import step_is, steps
from orchestrator.states import StepState


def finish(
    connection: sa.Connection, held: Held, outcome: Outcome, *, exclusive: bool
) -> LockedRun:
    """Write an outcome, and return the run, which is held until the transaction ends.

    Raises:
        LostRace: another attempt took the step meanwhile; roll the transaction back.
    """
    waits = outcome.state is StepState.WAITING
    due = moved_clock.now(connection) + dt.timedelta(seconds=outcome.due_in) if waits else None
    run = _FINISH.execute(connection, written(held, outcome, due), exclusive=exclusive)
    if run is None:
        raise LostRace(
            f"attempt {held.attempt} of step {held.step!r} of run {held.run_id} came too late: "
            "another attempt has taken the step"
        )
    return run


def written(held: Held, outcome: Outcome, due: dt.datetime | None = None) -> dict[str, Any]:
    """Return the parameters of `IS_HELD` and `ENDED`.

    Args:
        due: when a step that waits goes on.
    """
    return {
        "run": held.run_id,
        "step": held.step,
        "held": held.token,
        "its_state": outcome.state,
        "its_result": outcome.result,
        "its_error": outcome.failure.to_json() if outcome.failure else None,
        "its_reason": outcome.reason,
        "its_end": clock.now() if due is None else None,
        "its_due_time": due,
    }


def events_of(held: Held, outcome: Outcome) -> Iterable[dict[str, Any]]:
    """Return what the log says of an end, as rows."""
    for message in outcome.all_warnings:
        yield held.event("step.warned", message=message)
    yield event_of(held, outcome)


def event_of(held: Held, outcome: Outcome) -> dict[str, Any]:
    """Return the event of an end as a row, without its warnings."""
    return held.event(outcome.event_name, **outcome.detail)


def said_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a statement that ends a step is told of the event."""
    return {f"said_{name}": event[name] for name in ("name", "at", "worker", "detail")}


#: Nobody has taken the step from whoever holds it.
IS_HELD = sa.and_(
    steps.c.run_id == sa.bindparam("run"),
    steps.c.name == sa.bindparam("step"),
    steps.c.token == sa.bindparam("held"),
    step_is(StepState.RUNNING),
)

#: What an end makes of a step's row. No parameter has the name of a column: it would be set to it
#: by every update that stands in one statement with this.
ENDED: dict[str, Any] = {
    "token": sa.null(),
    "deadline_at": sa.null(),
    "boost": 0,
    "state": sa.bindparam("its_state"),
    "result": sa.bindparam("its_result"),
    "error": sa.bindparam("its_error"),
    "reason": sa.bindparam("its_reason"),
    "ended_at": sa.bindparam("its_end", type_=steps.c.ended_at.type),
    "due_at": sa.bindparam("its_due_time", type_=steps.c.due_at.type),
}

# The statement of every step is made once: to build it takes longer than to run it.
_FINISH = LockingUpdate(sa.update(steps).where(IS_HELD).values(**ENDED))
