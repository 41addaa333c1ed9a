"""What the ledger shows: runs, steps and events, as frozen records."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from orchestrator import limits
from orchestrator.errors import RunNotFound
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import RUN_HAS_FAILED, RUN_HAS_NOT_ENDED, events, runs, steps
from orchestrator.states import Priority, RunState, StepState


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a workflow.

    Attributes:
        version: fingerprint of the definition it follows.
        error: why it failed, a sentence.
        warnings: of tolerated failures and of tasks, each beginning with its step's name.
        undone: steps whose success was undone, in that order, when it ended without success.
        stands: steps whose effect is still there, or may be, each with the reason in brackets.
        ending: what it is about to be, from what decided that until all has come to its end.
    """

    id: str
    workflow: str
    version: str
    state: RunState
    priority: Priority
    input: dict[str, Any]
    idempotency_key: str | None
    submitted_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    error: str | None
    warnings: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    stands: tuple[str, ...] = ()
    ending: RunState | None = None


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a run.

    Attributes:
        result: plain JSON values; Decimals and dates are exact texts.
        error: type, message and traceback of the last attempt that failed.
        reason: why it is skipped, cancelled or waiting, a sentence.
    """

    name: str
    task: str
    state: StepState
    priority: Priority
    attempts: int
    worker: str | None
    queued_at: dt.datetime | None
    due_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    result: Any
    error: dict[str, str] | None
    reason: str | None

    @property
    def domain(self) -> str:
        """The queue and the pool, the part of the task's name before the dot."""
        return self.task.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    name: str
    at: dt.datetime
    step: str | None
    attempt: int | None
    worker: str | None
    detail: dict[str, Any]


def run(ledger: Ledger, run_id: str) -> Run:
    """Return a run.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.read() as connection:
        return run_in(connection, run_id)


def run_in(connection: sa.Connection, run_id: str) -> Run:
    """Return a run as a transaction sees it.

    Raises:
        RunNotFound: no run has this id.
    """
    row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise RunNotFound.of(run_id)
    if row.started_at is None and not RunState(row.state).is_final:
        return _run(row)  # nothing has happened to it
    warned = connection.execute(
        sa.select(events.c.step, events.c.detail)
        .where(events.c.run_id == run_id, events.c.name == "step.warned")
        .order_by(events.c.id)
    )
    return _run(
        row,
        tuple(f"{w.step}: {json.loads(w.detail)['message']}" for w in warned),
        _left(connection, row) if RunState(row.state).is_final else {},
    )


def begun(row: Mapping[str, Any]) -> Run:
    """Return a run to which nothing has happened, from its row as it was written."""
    nothing = dict.fromkeys(("ending", "error", "started_at", "ended_at"))
    return _run(SimpleNamespace(**row, **nothing))


def list_runs(
    ledger: Ledger,
    *,
    workflow: str | None = None,
    states: Collection[RunState] = (),
    limit: int = 50,
) -> list[Run]:
    """Return runs without their warnings, the newest first."""
    query = sa.select(runs).order_by(runs.c.submitted_at.desc(), runs.c.id.desc())
    query = query.limit(limits.checked(limit))
    if workflow is not None:
        query = query.where(runs.c.workflow == workflow)
    if states:
        query = query.where(runs.c.state.in_(states), *_few(states))
    with ledger.read() as connection:
        return [_run(row) for row in connection.execute(query)]


def _few(states: Collection[RunState]) -> tuple[sa.TextClause, ...]:
    """Return what is also true of runs in these states where there is an index of few of them."""
    if not any(state.is_final for state in states):
        return (RUN_HAS_NOT_ENDED,)
    if RunState.SUCCEEDED not in states and all(state.is_final for state in states):
        return (RUN_HAS_FAILED,)
    return ()


def list_steps(ledger: Ledger, run_id: str, *, elements: bool = False) -> list[StepView]:
    """Return the steps of a run, in the order of its definition, then what undid them.

    Args:
        elements: also those of its maps.
    """
    query = sa.select(steps).where(steps.c.run_id == run_id)
    if not elements:
        query = query.where(steps.c.element.is_(None))
    query = query.order_by(steps.c.position, steps.c.parent.is_not(None), steps.c.element)
    with ledger.read() as connection:
        return [_step(row) for row in connection.execute(query)]


def results(ledger: Ledger, run_id: str) -> dict[str, Any]:
    """Return the results of a run's steps that gave one, plain JSON by step name."""
    query = sa.select(steps.c.name, steps.c.result).where(
        steps.c.run_id == run_id,
        steps.c.element.is_(None),
        steps.c.kind != "undo",
        steps.c.result.is_not(None),
    )
    with ledger.read() as connection:
        return {row.name: json.loads(row.result) for row in connection.execute(query)}


def counts(ledger: Ledger, run_id: str) -> dict[StepState, int]:
    """Return how many steps of a run are in each state."""
    query = (
        sa.select(steps.c.state, sa.func.count())
        .where(steps.c.run_id == run_id)
        .group_by(steps.c.state)
    )
    with ledger.read() as connection:
        return {StepState(state): count for state, count in connection.execute(query)}


def list_events(ledger: Ledger, run_id: str, *, after: int = 0) -> list[tuple[int, Event]]:
    """Return the events of a run with their numbers, those after number `after`."""
    query = (
        sa.select(events)
        .where(events.c.run_id == run_id, events.c.id > after)
        .order_by(events.c.id)
    )
    with ledger.read() as connection:
        return [(row.id, _event(row)) for row in connection.execute(query)]


def _left(connection: sa.Connection, row: Any) -> dict[str, list[str]]:
    """Return what the event of a run's end says was undone, and stands."""
    said = connection.execute(
        sa.select(events.c.detail)
        .where(events.c.run_id == row.id, events.c.name == f"run.{row.state}")
        .order_by(events.c.id.desc())
        .limit(1)
    ).scalar()
    return json.loads(said) if said else {}


def _run(
    row: Any, warnings: tuple[str, ...] = (), left: Mapping[str, list[str]] | None = None
) -> Run:
    return Run(
        id=row.id,
        workflow=row.workflow,
        version=row.version,
        state=RunState(row.state),
        priority=Priority(row.priority),
        input=json.loads(row.input),
        idempotency_key=row.idempotency_key,
        submitted_at=row.submitted_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=row.error,
        warnings=warnings,
        undone=tuple((left or {}).get("undone", ())),
        stands=tuple((left or {}).get("stands", ())),
        ending=RunState(row.ending) if row.ending and not row.ended_at else None,
    )


def _step(row: Any) -> StepView:
    return StepView(
        name=row.name,
        task=row.task,
        state=StepState(row.state),
        priority=Priority(row.priority),
        attempts=row.attempts,
        worker=row.worker,
        queued_at=row.queued_at,
        due_at=row.due_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        result=None if row.result is None else json.loads(row.result),
        error=None if row.error is None else json.loads(row.error),
        reason=row.reason,
    )


def _event(row: Any) -> Event:
    return Event(
        name=row.name,
        at=row.at,
        step=row.step,
        attempt=row.attempt,
        worker=row.worker,
        detail=json.loads(row.detail) if row.detail else {},
    )
