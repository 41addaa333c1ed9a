"""Taking a step: who may run it, under which token, and with which inputs."""

import datetime as dt
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.graph import sources_of
from orchestrator.ledger import events
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import runs, steps, workers
from orchestrator.plan import Plan
from orchestrator.states import FINAL_STEP_STATES, RunState, StepState
from orchestrator.workflow import Step

#: The states of a step that nobody has taken.
_FREE = (StepState.PENDING, StepState.READY, StepState.QUEUED)


class Refusal(Enum):
    """Why a message is not followed by an attempt."""

    GONE = auto()  #: its run has ended or never was
    DUPLICATE = auto()  #: another copy of the message was or will be followed
    DONE = auto()  #: the step is finished and its run goes on: propagate once more
    TOO_EARLY = auto()  #: a predecessor has not ended
    STRANGER = auto()  #: the worker's own lease has ended: it must enter the ledger again


@dataclass(frozen=True, slots=True)
class Held:
    """A step that a worker holds, until another token takes the place of this one."""

    run_id: str
    step: str
    attempt: int
    failures: int  #: attempts before this one that failed by themselves
    token: str
    worker: str
    version: str

    def event(self, name: str, **detail: Any) -> dict[str, Any]:
        """Return an event of this attempt as a row."""
        return events.event(
            name, self.run_id, self.step, attempt=self.attempt, worker=self.worker, **detail
        )


@dataclass(frozen=True, slots=True)
class Claim(Held):
    """The right to run one attempt, and what it runs on.

    Attributes:
        results: JSON of the steps its inputs and condition refer to; a step that gave no
            result is absent.
        idle: it follows or refers to other steps, and all of them were skipped.
    """

    run_input: str
    results: dict[str, str]
    idle: bool


def claim(
    ledger: Ledger,
    message: tuple[str, str, int],
    worker: str,
    plan_of: Callable[[str], Plan],
    *,
    max_losses: int,
) -> Claim | Refusal:
    """Take the step a message names for `worker`, or say why not.

    Args:
        message: run id, step name and the attempt the message stands for.
        plan_of: gives the plan of a workflow version.
        max_losses: a step that lost so many workers is not taken over again.

    Raises:
        Unavailable: the ledger does not answer; nothing has happened.
    """
    run_id, step, attempt = message
    now = clock.now()
    with ledger.write() as connection:
        which = {"run": run_id, "step": step, "worker": worker}
        seen = connection.execute(_SEEN, which).one_or_none()
        refusal = _refusal(seen, attempt, now, max_losses)
        if refusal is not None or seen is None:
            return refusal or Refusal.GONE
        if _has_ended(seen.own_lease, now):
            return Refusal.STRANGER
        planned = plan_of(seen.version).steps[step]
        states, results = _predecessors(connection, run_id, planned.after, sources_of(planned.step))
        if not FINAL_STEP_STATES.issuperset(states.values()):
            return Refusal.TOO_EARLY
        token = secrets.token_hex(16)
        if not _take(connection, seen, planned.step, (token, worker, now)):
            return Refusal.DUPLICATE
        idle = bool(states) and set(states.values()) == {StepState.SKIPPED}
        return _claim_of(seen, token, worker, results, idle=idle)


def _claim_of(seen: Any, token: str, worker: str, results: dict[str, str], *, idle: bool) -> Claim:
    return Claim(
        run_id=seen.run_id,
        step=seen.name,
        attempt=seen.attempts + 1,
        failures=seen.attempts - seen.losses - (seen.state == StepState.RUNNING),
        token=token,
        worker=worker,
        version=seen.version,
        run_input=seen.input,
        results=results,
        idle=idle,
    )


# The statements of every step are made once: to build one takes longer than to run it.
_me = workers.alias("me")

_SEEN = (
    sa.select(
        runs.c.state.label("run_state"),
        runs.c.ending,
        runs.c.version,
        runs.c.input,
        steps.c.run_id,
        steps.c.name,
        steps.c.state,
        steps.c.attempts,
        steps.c.losses,
        steps.c.wide,
        steps.c.token,
        workers.c.lease_until,
        _me.c.lease_until.label("own_lease"),
    )
    .select_from(
        steps.join(runs, runs.c.id == steps.c.run_id)
        .outerjoin(workers, workers.c.id == steps.c.worker)
        .outerjoin(_me, _me.c.id == sa.bindparam("worker"))
    )
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
)


def _refusal(seen: Any, attempt: int, now: dt.datetime, max_losses: int) -> Refusal | None:
    if seen is None or seen.run_state not in (RunState.PENDING, RunState.RUNNING) or seen.ending:
        return Refusal.GONE
    if seen.state in FINAL_STEP_STATES:
        return Refusal.DONE
    if seen.state in (StepState.READY, StepState.QUEUED):
        return None if seen.attempts == attempt - 1 else Refusal.DUPLICATE
    if seen.state == StepState.PENDING:
        return None if seen.wide else Refusal.TOO_EARLY
    if seen.state == StepState.RUNNING and _is_lost(seen, now, max_losses):
        return None  # a broker's second delivery after its worker died
    return Refusal.DUPLICATE


def _is_lost(seen: Any, now: dt.datetime, max_losses: int) -> bool:
    return _has_ended(seen.lease_until, now) and bool(seen.losses + 1 < max_losses)


def _has_ended(lease_until: dt.datetime | None, now: dt.datetime) -> bool:
    return lease_until is None or lease_until < now


def _predecessors(
    connection: sa.Connection, run_id: str, after: Collection[str], sources: frozenset[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the states of predecessors and sources, and the results of the sources.

    A source may be a predecessor's predecessor, so it is looked up by its own name.
    """
    states: dict[str, str] = {}
    results: dict[str, str] = {}
    names = sorted({*after, *sources})
    for part in chunks(names):
        asked = {"run": run_id, "names": part, "sources": sorted(sources)}
        for row in connection.execute(_EARLIER, asked):
            states[row.name] = row.state
            if row.result is not None:
                results[row.name] = row.result
    return states, results


_EARLIER = sa.select(
    steps.c.name,
    steps.c.state,
    sa.case((steps.c.name.in_(sa.bindparam("sources", expanding=True)), steps.c.result)).label(
        "result"
    ),
).where(
    steps.c.run_id == sa.bindparam("run"),
    steps.c.name.in_(sa.bindparam("names", expanding=True)),
)


def _take(
    connection: sa.Connection, seen: Any, step: Step, holder: tuple[str, str, dt.datetime]
) -> bool:
    token, worker, now = holder
    lost = seen.state == StepState.RUNNING
    if seen.run_state == RunState.PENDING:
        # Before the step's row, as everywhere: a cancel takes the run's row and then the steps'.
        _start_run(connection, seen.run_id, now)
    taken = connection.execute(
        _TAKE,
        {
            "run": seen.run_id,
            "step": seen.name,
            # Not the very state that was seen: between the two statements whoever published
            # the message may note it, and make a ready step a queued one.
            "from_states": (StepState.RUNNING,) if lost else _FREE,
            "seen_attempts": seen.attempts,
            "attempts": seen.attempts + 1,
            "losses": seen.losses + lost,
            "token": token,
            "worker": worker,
            "started_at": now,
            "deadline_at": now + dt.timedelta(seconds=step.timeout.hard) if step.timeout else None,
        },
    )
    if taken.rowcount != 1:
        return False
    log = []
    if lost:
        log.append(events.event("step.lost", seen.run_id, seen.name, attempt=seen.attempts))
    log.append(
        events.event(
            "step.started", seen.run_id, seen.name, attempt=seen.attempts + 1, worker=worker
        )
    )
    events.append_many(connection, log)
    return True


def _start_run(connection: sa.Connection, run_id: str, now: dt.datetime) -> None:
    started = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.state == RunState.PENDING)
        .values(state=RunState.RUNNING, started_at=now)
    )
    if started.rowcount:
        events.append(connection, "run.started", run_id)


_TAKE = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.state.in_(sa.bindparam("from_states", expanding=True)),
        steps.c.attempts == sa.bindparam("seen_attempts"),
    )
    .values(state=StepState.RUNNING, reason=None)
)
