"""Comparing a run in the ledger with what its events say."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.errors import RunNotFound, UnknownEvent
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.log.replay import Fact, ReplayedRun, replay
from orchestrator.ledger.tables import events, runs, steps
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, StepState


def verify(ledger: Ledger, run_id: str, plan_of: Callable[[str], Plan]) -> str | None:
    """Return the first difference between a run and its events, a sentence; None: there is none.

    A run may go on meanwhile: row and events are read as of one moment.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.read() as connection:
        if not ledger.is_sqlite:
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        row = connection.execute(_RUN, {"run": run_id}).one_or_none()
        if row is None:
            raise RunNotFound.of(run_id)
        found = connection.execute(_STEPS, {"run": run_id}).all()
        facts = [_fact(event) for event in connection.execute(_EVENTS, {"run": run_id})]
    try:
        told = replay(plan_of, facts)
    except UnknownEvent as unknown:
        return f"run {run_id} cannot be rebuilt from its events: {unknown}"
    return next(_differences(row, found, told), None)


def verify_all(ledger: Ledger, plan_of: Callable[[str], Plan]) -> Iterator[tuple[str, str | None]]:
    """Return each run's id and first difference, the oldest run first."""
    with ledger.read() as connection:
        ids = list(connection.execute(sa.select(runs.c.id).order_by(runs.c.id)).scalars())
    for run_id in ids:
        with suppress(RunNotFound):  # it was pruned meanwhile
            yield run_id, verify(ledger, run_id, plan_of)


_RUN = sa.select(runs.c.id, runs.c.version, runs.c.state, runs.c.ending).where(
    runs.c.id == sa.bindparam("run")
)
_STEPS = (
    sa.select(
        steps.c.name,
        steps.c.kind,
        steps.c.state,
        steps.c.attempts,
        steps.c.forgiven,
        steps.c.losses,
        steps.c.undoings,
        steps.c.wide,
    )
    .where(steps.c.run_id == sa.bindparam("run"))
    .order_by(steps.c.position, steps.c.element)
)


_EVENTS = (
    sa.select(events.c.name, events.c.step, events.c.attempt, events.c.detail)
    .where(events.c.run_id == sa.bindparam("run"))
    .order_by(events.c.id)
)


def _fact(row: Any) -> Fact:
    return Fact(row.name, row.step, row.attempt, json.loads(row.detail) if row.detail else {})


def _differences(run: Any, found: Any, told: ReplayedRun) -> Iterator[str]:
    for word in ("version", "state", "ending"):
        ours, theirs = getattr(run, word), getattr(told, word)
        if ours != theirs:
            yield f"the {word} of run {run.id} is {ours} in the ledger, and {theirs} by its events"
    rows = {row.name: row for row in found}
    for name in [*rows, *(name for name in told.steps if name not in rows)]:
        if name not in rows or name not in told.steps:
            known, unknown = ("ledger", "events") if name in rows else ("events", "ledger")
            yield f"step {name!r} of run {run.id} is in its {known}, and not in its {unknown}"
            continue
        step = told.steps[name]
        for word, ours in _facts(rows[name], step.state).items():
            theirs = getattr(step, word)
            if ours != theirs:
                yield (
                    f"{word} of step {name!r} of run {run.id} is {ours} in the ledger, "
                    f"and {theirs} by its events"
                )


def _facts(row: Any, told: StepState | None) -> dict[str, Any]:
    """Return what of a step's row its events say too."""
    return {
        "state": _state(row, told),
        "attempts": row.attempts,
        "losses": row.losses,
        "undoings": row.undoings,
    }


def _state(row: Any, told: StepState | None) -> StepState:
    """Return the state of a step in the words of `replay`."""
    state = StepState(row.state)
    if state in HANDED_OVER or (state is StepState.WAITING and row.attempts == row.forgiven):
        return StepState.READY
    is_derived = names.undone(row.name) is not None or names.index(row.name) is not None
    if state is StepState.PENDING and is_derived:
        return StepState.READY
    if state is StepState.PENDING and row.wide and told is StepState.READY:
        return StepState.READY  # it is not counted: its message or maintenance finds it
    return state
