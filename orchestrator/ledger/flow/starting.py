"""Writing that a step has been taken, and that its run has begun if it is the first of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import events
from orchestrator.ledger.engine import committing
from orchestrator.ledger.tables import runs, step_is, steps
from orchestrator.states import HANDED_OVER, RunState, StepState
from orchestrator.workflow import Step


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes a step: a token of this claim alone, a worker, and the permits it holds."""

    token: str
    worker: str
    permit: int | None


def start(
    connection: sa.Connection, seen: Any, step: Step, holder: Holder, now: dt.datetime
) -> bool:
    """Give a step to its holder; say whether it stood as it was seen, or moved meanwhile."""
    lost = seen.state == StepState.RUNNING
    if seen.run_state == RunState.PENDING and not _start_run(connection, seen.run_id, now):
        return False
    statement = _TAKE_OVER if lost else _START
    taken = connection.execute(statement, _asked(seen, step, holder, now))
    if taken.rowcount != 1:
        return False
    log = []
    if lost:
        log.append(events.event("step.lost", seen.run_id, seen.name, attempt=seen.attempts))
    held = {} if holder.permit is None else {"permit": holder.permit}
    log.append(
        events.event(
            "step.started",
            seen.run_id,
            seen.name,
            attempt=seen.attempts + 1,
            worker=holder.worker,
            **held,
        )
    )
    events.append_many(connection, log)
    return True


def start_at_once(
    connection: sa.Connection, seen: Any, step: Step, holder: Holder, now: dt.datetime
) -> bool:
    """Do the same with a step that nobody holds, in one statement of PostgreSQL.

    It does not wait for the disk. A crash of the server within the moment after may lose the
    claim: the step is then queued, and is done again as after a crash of its worker. With permits
    that may not be: nobody may find them held for a step that nobody has.

    Args:
        connection: on which each statement is a transaction by itself.

    Raises:
        InDoubt: the ledger went away, and it may be written.
    """
    statement = _WITH_RUN if seen.run_state == RunState.PENDING else _ALONE
    with committing():
        taken = connection.execute(statement, _asked(seen, step, holder, now))
        return taken.one_or_none() is not None


def start_run(connection: sa.Connection, run_id: str, now: dt.datetime) -> bool:
    """Make a pending run a running one; its first step starts. Say whether it was pending."""
    started = connection.execute(_START_RUN, {"run": run_id, "now": now})
    if started.rowcount:
        events.append(connection, "run.started", run_id)
    return bool(started.rowcount)


def _start_run(connection: sa.Connection, run_id: str, now: dt.datetime) -> bool:
    """Make a run a running one; say whether it is, or was paused or cancelled meanwhile.

    Before the step's row is taken, as everywhere: a cancel takes the run's row and then the
    steps'.
    """
    if start_run(connection, run_id, now):
        return True
    state = sa.select(runs.c.state).where(runs.c.id == run_id, runs.c.ending.is_(None))
    return connection.execute(state).scalar() == RunState.RUNNING


def _asked(seen: Any, step: Step, holder: Holder, now: dt.datetime) -> dict[str, Any]:
    return {
        "run": seen.run_id,
        "its_name": seen.name,
        "seen_attempts": seen.attempts,
        # A verb may have sent it back behind steps that are to be done again.
        "seen_generation": seen.generation,
        "holder_token": holder.token,
        "holder": holder.worker,
        "holder_permit": holder.permit,
        "now": now,
        "ends_by": now + dt.timedelta(seconds=step.timeout.hard) if step.timeout else None,
    }


# The statements of every step are made once: to build one takes longer than to run it. No
# parameter has the name of a column: it would be set to it by every update it is given to.

_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.started_at.type)

_START_RUN = (
    sa.update(runs)
    .where(
        runs.c.id == sa.bindparam("run"),
        runs.c.state == RunState.PENDING,
        runs.c.ending.is_(None),
    )
    .values(state=RunState.RUNNING, started_at=_NOW)
)


def _starting(*states: StepState) -> sa.Update:
    """Return the statement that takes a step which is in one of these states.

    Not in the very state that was seen: between the two statements whoever published the
    message may note it, and make a ready step a queued one.
    """
    return (
        sa.update(steps)
        .where(
            steps.c.run_id == sa.bindparam("run"),
            steps.c.name == sa.bindparam("its_name"),
            step_is(*states),
            steps.c.attempts == sa.bindparam("seen_attempts"),
            steps.c.generation == sa.bindparam("seen_generation"),
        )
        .values(
            state=StepState.RUNNING,
            reason=None,
            attempts=steps.c.attempts + 1,
            token=sa.bindparam("holder_token"),
            worker=sa.bindparam("holder"),
            permit=sa.bindparam("holder_permit"),
            started_at=_NOW,
            deadline_at=sa.bindparam("ends_by", type_=steps.c.deadline_at.type),
        )
    )


_START = _starting(StepState.PENDING, StepState.READY, *HANDED_OVER)
_TAKE_OVER = _starting(StepState.RUNNING).values(losses=steps.c.losses + 1)


def _at_once(*, with_run: bool) -> sa.Executable:
    """Return the statement that does it all, and has a row if it did.

    The row of the run is locked before that of its step.
    """
    begun = _START_RUN.returning(runs.c.id).cte("begun")
    start_step = _START.where(steps.c.run_id == begun.c.id) if with_run else _START
    taken = start_step.returning(steps.c.run_id, steps.c.name, steps.c.attempts).cte("taken")
    of_run = events.event_of_each(begun, run_id=begun.c.id, name=_said("run.started"), at=_NOW)
    of_step = events.event_of_each(
        taken,
        run_id=taken.c.run_id,
        step=taken.c.name,
        name=_said("step.started"),
        at=_NOW,
        attempt=taken.c.attempts,
        worker="holder",
    )
    log = events.appending(of_run, of_step) if with_run else events.appending(of_step)
    does_not_wait = sa.func.set_config("synchronous_commit", "off", True)
    return sa.select(taken.c.name, does_not_wait).add_cte(log)


def _said(name: str) -> sa.ColumnElement[str]:
    return sa.literal(name)


_ALONE = _at_once(with_run=False)
_WITH_RUN = _at_once(with_run=True)
