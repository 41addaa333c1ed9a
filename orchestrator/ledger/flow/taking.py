"""Taking a step in the transaction that frees it: no message, no second transaction.

A process that has done a step may go on with one that this sets free, as if a message had
been sent and had come at once. So what would refuse that message refuses this: the run is
held back or comes to its end, the pool is paused, the process has lost its lease, another
step is more urgent. What needs more than a claim (permits, a time limit that Celery keeps,
the parts of a wide join) goes by the broker.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.earlier import Earlier, given, look
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import steps, workers
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState


@dataclass(frozen=True, slots=True)
class Taker:
    """A process that would go on with another step of the run.

    Attributes:
        done: the step that it has done.
        queue: of its pool.
        priority: it takes no step that is less urgent.
        result: what it has done gave, JSON.
    """

    done: Claim
    queue: str
    priority: int
    result: str | None

    def goes_on(self, run: LockedRun, ended: StepState) -> bool:
        """Say whether it takes another step of the run, as its own has ended so."""
        is_undoing = names.undone(self.done.step) is not None
        return ended is StepState.SUCCEEDED and run.is_live and not run.is_gated and not is_undoing

    def suits(self, planned: PlannedStep) -> bool:
        """Say whether it may take a step, once that is free."""
        return planned.fits_burst_of(self.queue) and not planned.takes_permits


def take(
    connection: sa.Connection,
    plan: Plan,
    taker: Taker | None,
    statement: sa.Update,
    **which: Any,
) -> Claim | None:
    """Take the step that a statement finds; None: it is not free, or not for the taker.

    That it has started is left to the caller to write, with the end of the taker's own.

    Args:
        plan: of the run's version, whose row is held.
        taker: None: nobody takes a step.
        statement: made by `taking`.
        which: its parameters.
    """
    if taker is None:
        return None
    asked = wanted(taker)
    row = connection.execute(statement, asked | which).one_or_none()
    if row is None:
        return None
    done = taker.done
    earlier = known(plan, row.name, taker) or look(connection, done.run_id, plan[row.name])
    return claim_of(taker, row, asked["claimed"], plan.version, earlier)


def wanted(taker: Taker) -> dict[str, Any]:
    """Return the parameters of `MAY_TAKE` and `TAKEN`, with the token of a new claim."""
    return {
        "run": taker.done.run_id,
        "claimed": secrets.token_hex(16),
        "taker": taker.done.worker,
        "pool": taker.queue,
        "least": taker.priority,
        "now": clock.now(),
    }


def claim_of(taker: Taker, row: Any, token: str, version: str, earlier: Earlier) -> Claim:
    """Return the claim of a step that is taken.

    Args:
        row: of the step, with `TAKEN_COLUMNS`.
        token: of the claim.
        version: of the workflow that the run follows.
        earlier: what the step finds.
    """
    done = taker.done
    return replace(
        done,
        step=row.name,
        attempt=row.attempts,
        failures=row.attempts - 1 - row.forgiven - row.losses,
        token=token,
        version=version,
        results=given(row, earlier.results),
        idle=earlier.idle,
        undoings=row.undoings,
        permit=None,
    )


def known(plan: Plan, name: str, taker: Taker) -> Earlier | None:
    """Return what a step finds that is taken, as far as its taker knows; None: look it up."""
    done = taker.done
    planned, before = plan[name], plan[done.step]
    if planned.after == (done.step,) and planned.sources <= {done.step}:
        results = {}
        if planned.sources and taker.result is not None:
            results[done.step] = taker.result
        return Earlier(results, is_complete=True, idle=None)
    if planned.after == before.after and planned.sources <= before.sources:
        # Whoever sends back what both follow sends back the step that is done, too, and then
        # its end is not recorded, nor this one taken.
        return Earlier(done.results, is_complete=True, idle=done.idle)
    return None


_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)

# The statements of every step are made once: to build one takes longer than to run it.


_LIVES = sa.exists().where(
    workers.c.id == sa.bindparam("taker"),
    workers.c.lease_until >= LedgerTime(),
    sa.not_(workers.c.doomed),
)
_IS_PAUSED = sa.exists().where(pauses.c.kind == "pool", pauses.c.name == sa.bindparam("pool"))

#: A taker may have a step, as far as that does not depend on how the step stands.
MAY_TAKE = sa.and_(steps.c.priority <= sa.bindparam("least"), _LIVES, ~_IS_PAUSED)

#: What taking a step makes of its row.
TAKEN: dict[str, Any] = {
    "state": StepState.RUNNING,
    "missing": 0,
    "attempts": steps.c.attempts + 1,
    "token": sa.bindparam("claimed"),
    "worker": sa.bindparam("taker"),
    "permit": sa.null(),
    "reason": sa.null(),
    "ready_at": sa.func.coalesce(steps.c.ready_at, _NOW),
    "queued_at": _NOW,
    "started_at": _NOW,
    "deadline_at": sa.null(),
}

#: What is to be known of a step that is taken.
TAKEN_COLUMNS = (
    steps.c.name,
    steps.c.attempts,
    steps.c.forgiven,
    steps.c.losses,
    steps.c.undoings,
    steps.c.item,
    steps.c.element,
)


def taking(*which: sa.ColumnElement[bool] | sa.TextClause) -> sa.Update:
    """Return the statement that takes the step of a run for which this is true."""
    return (
        sa.update(steps)
        .where(steps.c.run_id == sa.bindparam("run"), *which, MAY_TAKE)
        .values(**TAKEN)
        .returning(*TAKEN_COLUMNS)
    )
