"""Writing down how an attempt ended, and what that sets free, in one transaction.

Completion decrements its successors' `missing` in the order of their names: two
completions that meet on two joins in different orders would lock each other.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import LostRace
from orchestrator.ledger import endings, events
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.claims import Held
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import WIDE_JOIN, steps
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, as the ledger keeps it."""

    type: str
    message: str
    traceback: str = ""

    def to_json(self) -> str:
        """Return the text for the `error` column."""
        fields = {"type": self.type, "message": self.message, "traceback": self.traceback}
        return json.dumps(fields)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        state: succeeded, skipped, failed, or waiting for another attempt.
        result: JSON, when it succeeded.
        due_in: seconds until the next attempt, when it waits.
        critical: its failure ends the run.
    """

    state: StepState
    result: str | None = None
    failure: Failure | None = None
    reason: str | None = None
    due_in: float = 0.0
    critical: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def ends_run(self) -> bool:
        """Say whether the run cannot go on."""
        return self.state is StepState.FAILED and self.critical


@dataclass(frozen=True, slots=True)
class Next:
    """A step that an outcome brought nearer."""

    step: str
    attempt: int
    priority: int
    generation: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What is to be told to Celery once an outcome is written.

    Attributes:
        hops: steps to be published now.
        joins: steps to whose chords this one gives its part.
        run_state: the run's final state, when this outcome ended it.
    """

    hops: tuple[Next, ...] = ()
    joins: tuple[Next, ...] = ()
    run_state: RunState | None = None


def record(ledger: Ledger, held: Held, outcome: Outcome, plan: Plan) -> Progress:
    """Write an outcome and free the step's successors.

    Raises:
        LostRace: another attempt took the step meanwhile; nothing is written.
        Unavailable: the ledger does not answer; nothing is written.
    """
    last = not plan.steps[held.step].before
    with ledger.write() as connection:
        run = endings.lock(connection, held.run_id, exclusive=last or outcome.ends_run)
        if run.ending is not None and outcome.state is StepState.WAITING:
            outcome = replace(outcome, state=StepState.FAILED, critical=False)  # no next attempt
        _finish(connection, held, outcome)
        if outcome.state is StepState.WAITING:
            return Progress()
        if outcome.ends_run:
            return Progress(run_state=_fail(connection, run, held, outcome))
        if run.ending is None:
            hops, joins = _advance(connection, held.run_id, plan, held.step)
            ended = endings.end_if_done(connection, run) if last else None
            return Progress(hops, joins, ended)
    # The run is on its way to failed or cancelled. Ending it takes the run's row for itself,
    # and asking for that while sharing it would lock two late steps against each other.
    return Progress(run_state=endings.settle(ledger, held.run_id))


def propagation(ledger: Ledger, run_id: str, step: str, plan: Plan) -> Progress:
    """Return what the finished `step` had to tell Celery, to be told once more."""
    before = plan.steps[step].before
    if not before:
        return Progress()
    found: list[Any] = []
    with ledger.read() as connection:
        for names in chunks(before):
            found += connection.execute(
                sa.select(*_OF_NEXT).where(
                    steps.c.run_id == run_id,
                    steps.c.name.in_(names),
                    steps.c.state.in_((StepState.PENDING, StepState.QUEUED)),
                )
            ).all()
    nexts = [_next(row) for row in found]
    hops = tuple(n for n in nexts if len(plan.steps[n.step].after) == 1)
    return Progress(hops, tuple(n for n in nexts if n not in hops))


def _finish(connection: sa.Connection, held: Held, outcome: Outcome) -> None:
    now = clock.now()
    waits = outcome.state is StepState.WAITING
    written = connection.execute(
        _FINISH,
        {
            "run": held.run_id,
            "step": held.step,
            "claimed": held.token,
            "state": outcome.state,
            "result": outcome.result,
            "error": outcome.failure.to_json() if outcome.failure else None,
            "reason": outcome.reason,
            "ended_at": None if waits else now,
            "due_at": now + dt.timedelta(seconds=outcome.due_in) if waits else None,
        },
    )
    if written.rowcount != 1:
        raise LostRace(
            f"attempt {held.attempt} of step {held.step!r} of run {held.run_id} came too late: "
            "another attempt has taken the step"
        )
    events.append_many(connection, list(_events(held, outcome)))


# The statements of every step are made once: to build one takes longer than to run it.
_FINISH = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.token == sa.bindparam("claimed"),
        steps.c.state == StepState.RUNNING,
    )
    .values(token=None, deadline_at=None)
)


def _events(held: Held, outcome: Outcome) -> Iterable[dict[str, Any]]:
    warnings = list(outcome.warnings)
    detail: dict[str, Any] = {"reason": outcome.reason} if outcome.reason else {}
    if outcome.failure:
        detail |= {"type": outcome.failure.type, "message": outcome.failure.message}
        if outcome.state is StepState.FAILED and not outcome.critical:
            warnings.append(f"{outcome.failure.type}: {outcome.failure.message}")
    name = "step.retrying" if outcome.state is StepState.WAITING else f"step.{outcome.state}"
    for message in warnings:
        yield held.event("step.warned", message=message)
    yield held.event(name, **detail)


def _fail(connection: sa.Connection, run: Any, held: Held, outcome: Outcome) -> RunState | None:
    if run.ending is not None:
        return endings.end_if_done(connection, run)
    said = outcome.failure.message if outcome.failure else outcome.reason
    kind = f"{outcome.failure.type}: " if outcome.failure else ""
    return endings.begin(
        connection,
        run,
        RunState.FAILED,
        error=f"step {held.step!r} failed: {kind}{said}",
        reason=f"step {held.step!r} failed",
    )


def _advance(
    connection: sa.Connection, run_id: str, plan: Plan, step: str
) -> tuple[tuple[Next, ...], tuple[Next, ...]]:
    before = plan.steps[step].before
    widths = {name: len(plan.steps[name].after) for name in before}
    single = [name for name in before if widths[name] == 1]
    counted = sorted(name for name in before if 1 < widths[name] <= WIDE_JOIN)
    wide = [name for name in before if widths[name] > WIDE_JOIN]
    hops = [row for names in chunks(single) for row in _release(connection, run_id, names)]
    joins = [row for name in counted for row in _count_down(connection, run_id, name)]
    for names in chunks(wide):
        joins += connection.execute(
            sa.select(*_OF_NEXT).where(steps.c.run_id == run_id, steps.c.name.in_(names))
        ).all()
    return tuple(map(_next, hops)), tuple(map(_next, joins))


_OF_NEXT = (steps.c.name, steps.c.attempts, steps.c.priority, steps.c.generation)


def _release(connection: sa.Connection, run_id: str, names: list[str]) -> list[Any]:
    asked = {"run": run_id, "names": names, "now": clock.now()}
    return list(connection.execute(_RELEASE, asked))


_RELEASE = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name.in_(sa.bindparam("names", expanding=True)),
        steps.c.state == StepState.PENDING,
    )
    .values(state=StepState.QUEUED, missing=0, queued_at=sa.bindparam("now"))
    .returning(*_OF_NEXT)
)


def _count_down(connection: sa.Connection, run_id: str, name: str) -> list[Any]:
    return list(connection.execute(_COUNT_DOWN, {"run": run_id, "step": name, "now": clock.now()}))


_COUNT_DOWN = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.state == StepState.PENDING,
    )
    .values(
        missing=steps.c.missing - 1,
        state=sa.case((steps.c.missing == 1, StepState.QUEUED), else_=steps.c.state),
        queued_at=sa.case(
            (steps.c.missing == 1, sa.bindparam("now", type_=steps.c.queued_at.type)),
            else_=steps.c.queued_at,
        ),
    )
    .returning(*_OF_NEXT)
)


def _next(row: Any) -> Next:
    return Next(row.name, row.attempts + 1, row.priority, row.generation)
