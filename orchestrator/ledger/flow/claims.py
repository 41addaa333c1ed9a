"""Taking a step: who may run it, under which token, and with which inputs."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.claim import Claim, Message, Wanting
from orchestrator.ledger.flow.earlier import Earlier, given, look
from orchestrator.ledger.flow.refusals import Refusal, refusal_of
from orchestrator.ledger.flow.starting import Holder, start, start_at_once
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.permits import epochs
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import runs, step_is, steps, workers
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, StepState
from orchestrator.workflow import Step

#: Says why its condition keeps a step from being done, by its version, the run's input and the
#: results it refers to; None: it does not.
Unmet = Callable[[str, Step, str, Mapping[str, str]], str | None]


def claim(
    ledger: Ledger,
    message: Message,
    worker: str,
    plan_of: Callable[[str], Plan],
    *,
    max_losses: int,
    permit: int | None = None,
    unmet: Unmet = lambda *_: None,
) -> Claim | Wanting | Refusal:
    """Take the step a message names for `worker`, or say why not.

    Args:
        plan_of: gives the plan of a workflow version.
        max_losses: a step that lost so many workers is not taken over again.
        permit: the token of the permits that it holds; without it a step that needs some is
            not taken.
        unmet: asked before it is to wait for permits: what is skipped needs none.

    Raises:
        Unavailable: the ledger does not answer; nothing has happened.
        InDoubt: it went away, and the step may be taken.
    """
    holder = Holder(secrets.token_hex(16), worker, permit)
    asked = _Asked(message, holder, plan_of, max_losses, unmet)
    if permit is None and not ledger.is_sqlite:
        with ledger.at_once() as connection:
            found = _look(connection, asked)
            if not isinstance(found, _Found):
                return found
            if found.is_free and start_at_once(
                connection, found.seen, found.step, holder, found.now
            ):
                return found.claim_of(holder)
    with ledger.write() as connection:
        found = _look(connection, asked)
        if not isinstance(found, _Found):
            return found
        if not start(connection, found.seen, found.step, holder, found.now):
            return Refusal.DUPLICATE
        return found.claim_of(holder)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, and by whom."""

    message: Message
    holder: Holder
    plan_of: Callable[[str], Plan]
    max_losses: int
    unmet: Unmet


@dataclass(frozen=True, slots=True)
class _Found:
    """A step that may be taken.

    Attributes:
        seen: its row, with its run's, its pool's and both workers' state.
        now: when it was looked at.
    """

    seen: Any
    step: Step
    earlier: Earlier
    now: dt.datetime

    @property
    def is_free(self) -> bool:
        """Say whether nobody holds it, not even one who has died."""
        return bool(self.seen.state != StepState.RUNNING)

    def claim_of(self, holder: Holder) -> Claim:
        """Return the claim of who has taken it."""
        seen = self.seen
        return Claim(
            run_id=seen.run_id,
            step=seen.name,
            attempt=seen.attempts + 1,
            failures=seen.attempts - seen.forgiven - seen.losses - (not self.is_free),
            token=holder.token,
            worker=holder.worker,
            version=seen.version,
            permit=holder.permit,
            run_input=seen.input,
            results=given(seen, self.earlier.results),
            idle=self.earlier.idle,
            undoings=seen.undoings,
            as_planned=seen.as_planned,
        )


def _look(connection: sa.Connection, asked: _Asked) -> _Found | Wanting | Refusal:
    """Return a step as it stands, or why it is not to be taken."""
    message, holder = asked.message, asked.holder
    which = {"run": message.run_id, "step": message.step, "worker": holder.worker}
    seen = connection.execute(_SEEN, which).one_or_none()
    now = clock.now() if seen is None else seen.now
    refusal = refusal_of(seen, message, now, asked.max_losses)
    if refusal is Refusal.POOL_PAUSED:
        connection.execute(_PUT_BACK, which)
    if refusal is not None or seen is None:
        return refusal or Refusal.GONE
    planned = asked.plan_of(seen.version)[message.step]
    earlier = look(connection, message.run_id, planned)
    if not earlier.is_complete:
        return Refusal.TOO_EARLY
    if holder.permit is None and planned.takes_permits and earlier.idle is None:
        results = given(seen, earlier.results)
        idle = asked.unmet(seen.version, planned.step, seen.input, results)
        if idle is None:
            return Wanting.of(seen)
        earlier = replace(earlier, idle=idle)
    if holder.permit is not None and not epochs.is_of_now(connection, holder.permit):
        return Refusal.REVOKED
    return _Found(seen, planned.step, earlier, now)


# The statements of every step are made once: to build one takes longer than to run it.
_me = workers.alias("me")

_SEEN = (
    sa.select(
        runs.c.state.label("run_state"),
        runs.c.ending,
        runs.c.version,
        runs.c.input,
        runs.c.gated,
        runs.c.fair_key,
        runs.c.as_planned,
        steps.c.run_id,
        steps.c.name,
        steps.c.kind,
        steps.c.item,
        steps.c.element,
        steps.c.state,
        steps.c.attempts,
        steps.c.losses,
        steps.c.forgiven,
        steps.c.undoings,
        steps.c.priority,
        steps.c.boost,
        steps.c.wide,
        steps.c.generation,
        steps.c.token,
        steps.c.ready_at,
        LedgerTime().label("now"),
        workers.c.lease_until,
        _me.c.lease_until.label("own_lease"),
        _me.c.doomed,
        pauses.c.at.label("pool_paused"),
    )
    .select_from(
        steps.join(runs, runs.c.id == steps.c.run_id)
        .outerjoin(workers, workers.c.id == steps.c.worker)
        .outerjoin(_me, _me.c.id == sa.bindparam("worker"))
        .outerjoin(pauses, sa.and_(pauses.c.kind == "pool", pauses.c.name == steps.c.queue))
    )
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
)

#: The message of a step whose pool is paused is used up: the outbox has the step again.
_PUT_BACK = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        step_is(*HANDED_OVER),
    )
    .values(state=StepState.READY)
)
