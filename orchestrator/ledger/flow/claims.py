"""Taking a step: who may run it, under which token, and with which inputs."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.claim import Claim, Message, Wanting
from orchestrator.ledger.flow.earlier import Earlier, given, look
from orchestrator.ledger.flow.refusals import Refusal, refusal_of
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.permits import epochs
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import runs, steps, workers
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, RunState, StepState
from orchestrator.workflow import Step

#: Says why its condition keeps a step from being done, by its version, the run's input and the
#: results it refers to; None: it does not.
Unmet = Callable[[str, Step, str, Mapping[str, str]], str | None]

#: The states of a step that nobody has taken.
_FREE = (StepState.PENDING, StepState.READY, *HANDED_OVER)


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
    """
    with ledger.write() as connection:
        which = {"run": message.run_id, "step": message.step, "worker": worker}
        is_lax = connection.dialect.name == "postgresql" and permit is None
        seen = connection.execute(_SEEN_LAXLY if is_lax else _SEEN, which).one_or_none()
        now = clock.now() if seen is None else seen.now
        refusal = refusal_of(seen, message, now, max_losses)
        if refusal is Refusal.POOL_PAUSED:
            connection.execute(_PUT_BACK, which)
        if refusal is not None or seen is None:
            return refusal or Refusal.GONE
        planned = plan_of(seen.version)[message.step]
        earlier = look(connection, message.run_id, planned)
        if not earlier.is_complete:
            return Refusal.TOO_EARLY
        if permit is None and planned.takes_permits and earlier.idle is None:
            results = given(seen, earlier.results)
            idle = unmet(seen.version, planned.step, seen.input, results)
            if idle is None:
                return Wanting.of(seen)
            earlier = replace(earlier, idle=idle)
        if permit is not None and not epochs.is_of_now(connection, permit):
            return Refusal.REVOKED
        holder = Holder(secrets.token_hex(16), worker, permit)
        if not _take(connection, seen, planned.step, holder, now):
            return Refusal.DUPLICATE
        return _claim_of(seen, holder, earlier)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes a step: a token of this claim alone, a worker, and the permits it holds."""

    token: str
    worker: str
    permit: int | None


def _claim_of(seen: Any, holder: Holder, earlier: Earlier) -> Claim:
    counted = seen.attempts - seen.forgiven
    return Claim(
        run_id=seen.run_id,
        step=seen.name,
        attempt=seen.attempts + 1,
        failures=counted - seen.losses - (seen.state == StepState.RUNNING),
        token=holder.token,
        worker=holder.worker,
        version=seen.version,
        permit=holder.permit,
        run_input=seen.input,
        results=given(seen, earlier.results),
        idle=earlier.idle,
        undoings=seen.undoings,
        as_planned=seen.as_planned,
    )


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

#: The same, and the transaction does not wait for PostgreSQL's disk. A crash of the server within
#: the moment after may lose the claim: the step is then queued, and is done again as after a crash
#: of its worker. With permits it waits: nobody may find them held for a step that nobody has.
_SEEN_LAXLY = _SEEN.add_columns(sa.func.set_config("synchronous_commit", "off", True))

#: The message of a step whose pool is paused is used up: the outbox has the step again.
_PUT_BACK = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.state.in_(HANDED_OVER),
    )
    .values(state=StepState.READY)
)


def _take(
    connection: sa.Connection, seen: Any, step: Step, holder: Holder, now: dt.datetime
) -> bool:
    lost = seen.state == StepState.RUNNING
    if seen.run_state == RunState.PENDING and not _start_run(connection, seen.run_id, now):
        return False
    taken = connection.execute(
        _TAKE,
        {
            "run": seen.run_id,
            "step": seen.name,
            # Not the very state that was seen: between the two statements whoever published
            # the message may note it, and make a ready step a queued one.
            "from_states": (StepState.RUNNING,) if lost else _FREE,
            "seen_attempts": seen.attempts,
            # A verb may have sent it back behind steps that are to be done again.
            "seen_generation": seen.generation,
            "attempts": seen.attempts + 1,
            "losses": seen.losses + lost,
            "token": holder.token,
            "worker": holder.worker,
            "permit": holder.permit,
            "started_at": now,
            "deadline_at": now + dt.timedelta(seconds=step.timeout.hard) if step.timeout else None,
        },
    )
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


def _start_run(connection: sa.Connection, run_id: str, now: dt.datetime) -> bool:
    """Make a run a running one; say whether it is, or was paused or cancelled meanwhile.

    Before the step's row is taken, as everywhere: a cancel takes the run's row and then the
    steps'.
    """
    if start_run(connection, run_id, now):
        return True
    state = sa.select(runs.c.state).where(runs.c.id == run_id, runs.c.ending.is_(None))
    return connection.execute(state).scalar() == RunState.RUNNING


def start_run(connection: sa.Connection, run_id: str, now: dt.datetime) -> bool:
    """Make a pending run a running one; its first step starts. Say whether it was pending."""
    started = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.state == RunState.PENDING, runs.c.ending.is_(None))
        .values(state=RunState.RUNNING, started_at=now)
    )
    if started.rowcount:
        events.append(connection, "run.started", run_id)
    return bool(started.rowcount)


_TAKE = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.state.in_(sa.bindparam("from_states", expanding=True)),
        steps.c.attempts == sa.bindparam("seen_attempts"),
        steps.c.generation == sa.bindparam("seen_generation"),
    )
    .values(state=StepState.RUNNING, reason=None)
)
