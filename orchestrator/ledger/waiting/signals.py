"""Signals: the answer to the step that waits for one, or kept until a step does."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition.answer_check import fitted
from orchestrator.definition.wait_for import WaitFor
from orchestrator.errors import IdempotencyConflict, InvalidAnswer, NotWaiting
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.side_tables import signals
from orchestrator.ledger.tables import FOUND_STEP_IS_OPEN, step_is, steps
from orchestrator.ledger.waiting import open_waits
from orchestrator.plan import Plan
from orchestrator.states import StepState
from orchestrator.suggestion import did_you_mean


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody sends.

    Attributes:
        answer: JSON.
        key: the same key is the same signal, however often it is sent.
    """

    run_id: str
    name: str
    answer: str
    by: str
    reason: str = ""
    key: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What the log says of it."""
        return {"by": self.by, **({"reason": self.reason} if self.reason else {})}

    @property
    def id(self) -> str:
        """Under which it is kept; by chance, unless it has a key."""
        if self.key is None:
            return secrets.token_hex(16)
        unique = json.dumps([self.run_id, self.name, self.key])
        return hashlib.sha256(unique.encode()).hexdigest()[:32]


def send(
    ledger: Ledger, signal: Signal, plan_of: Callable[[str], Plan]
) -> tuple[str | None, Progress]:
    """Give a signal to the step that waits for it, or keep it until one does.

    Returns:
        The step whose answer it became, None while it is kept; and what follows.

    Raises:
        RunNotFound: no run has this id.
        NotWaiting: no step waits for it now or later.
        InvalidAnswer: no step that does takes such an answer.
        IdempotencyConflict: the key was used for another answer.
    """
    own_id = signal.id
    with ledger.write() as connection:
        run = lock(connection, signal.run_id, exclusive=True)
        plan = plan_of(run.version)
        sent = connection.execute(sa.select(signals).where(signals.c.id == own_id)).one_or_none()
        if sent is not None:
            _refuse_other(sent, signal)
            return sent.taken_by, Progress(run.id, run.version)
        answers = _answers(connection, signal, plan)
        taker = _first_open(connection, run.id, answers)
        _keep(connection, signal, own_id, taker)
        if taker is None:
            return None, Progress(run.id, run.version)
        return taker, _answer(connection, run, plan, taker, answers[taker], signal)


def take_early(connection: sa.Connection, run_id: str, step: str, wait: WaitFor) -> str | None:
    """Return the answer of the oldest signal that came before its step; from now on it is taken."""
    kept = connection.execute(
        sa.select(signals.c.id, signals.c.answer, signals.c.by)
        .where(
            signals.c.run_id == run_id,
            signals.c.name == wait.signal,
            signals.c.taken_by.is_(None),
        )
        .order_by(signals.c.at, signals.c.id)
    ).all()
    for signal in kept:
        try:
            answer = fitted(step, wait.answer, signal.answer)
        except InvalidAnswer:
            continue  # it was sent to another step of the same signal
        connection.execute(
            sa.update(signals).where(signals.c.id == signal.id).values(taken_by=step)
        )
        events.append(connection, "signal.taken", run_id, step, signal=wait.signal, by=signal.by)
        return answer
    return None


def _refuse_other(sent: Any, signal: Signal) -> None:
    if sent.answer != signal.answer:
        raise IdempotencyConflict(
            f"idempotency key {signal.key!r} sent signal {signal.name!r} to run {signal.run_id} "
            "with another answer: use a new key"
        )


def _answers(connection: sa.Connection, signal: Signal, plan: Plan) -> dict[str, str]:
    """Return the signal's answer as each step reads it that may wait for it, now or later."""
    takers = _takers(plan, signal.name)
    still_open = list(
        connection.execute(
            sa.select(steps.c.name)
            .where(steps.c.run_id == signal.run_id, steps.c.name.in_(takers), FOUND_STEP_IS_OPEN)
            .order_by(steps.c.position)
        ).scalars()
    )
    if not still_open:
        (last, *_) = takers
        raise NotWaiting(open_waits.why_not(connection, signal.run_id, last))
    found: dict[str, str] = {}
    refusals: list[InvalidAnswer] = []
    for step in still_open:
        try:
            found[step] = fitted(step, takers[step].answer, signal.answer)
        except InvalidAnswer as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    return found


def _takers(plan: Plan, name: str) -> Mapping[str, WaitFor]:
    waiting = {
        planned.step.name: planned.step.wait_for
        for planned in plan.steps.values()
        if planned.step.wait_for is not None and planned.step.wait_for.signal is not None
    }
    takers = {step: wait for step, wait in waiting.items() if wait.signal == name}
    if not takers:
        known = {wait.signal or "" for wait in waiting.values()}
        raise NotWaiting(
            f"no step of workflow {plan.workflow!r} waits for signal {name!r}"
            f"{did_you_mean(name, known)}"
        )
    return takers


def _first_open(connection: sa.Connection, run_id: str, answers: Mapping[str, str]) -> str | None:
    """Return the step that waits for the signal now; of several the first as defined."""
    return connection.execute(
        sa.select(steps.c.name)
        .where(
            steps.c.run_id == run_id,
            steps.c.name.in_(answers),
            step_is(StepState.WAITING),
            steps.c.attempts > steps.c.forgiven,  # else it waits for the steps it rather follows
        )
        .order_by(steps.c.position)
        .limit(1)
    ).scalar()


def _keep(connection: sa.Connection, signal: Signal, own_id: str, taker: str | None) -> None:
    connection.execute(
        sa.insert(signals),
        {
            "id": own_id,
            "run_id": signal.run_id,
            "name": signal.name,
            "answer": signal.answer,
            "by": signal.by,
            "at": clock.now(),
            "taken_by": taker,
        },
    )
    events.append(
        connection,
        "signal.received",
        signal.run_id,
        signal=signal.name,
        taken_by=taker,
        **signal.said,
    )


def _answer(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    step: str,
    answer: str,
    signal: Signal,
) -> Progress:
    return consequences.conclude(
        connection,
        run,
        plan,
        step,
        Outcome(StepState.SUCCEEDED, result=answer),
        states=(StepState.WAITING,),
        **signal.said,
    )
