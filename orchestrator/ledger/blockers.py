"""What the ledger knows of a run that does not move: read in one transaction, in few questions.

However many steps a run has, the number of questions stays the same.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import RunNotFound, StepNotFound
from orchestrator.ledger import busy_pools
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import sessions, waits
from orchestrator.ledger.tables import ELEMENT_IS_OPEN, OPEN, events, runs, steps, workers
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState
from orchestrator.suggestion import did_you_mean
from orchestrator.why.facts import (
    ChildFacts,
    Facts,
    Held,
    RunFacts,
    StepFacts,
    WaitFacts,
    WorkerFacts,
)


def look(
    ledger: Ledger,
    run_id: str,
    plan_of: Callable[[str], Plan],
    *,
    step: str | None,
    max_losses: int,
) -> Facts:
    """Return what is known of a run's unfinished steps, or of one step.

    Raises:
        RunNotFound: no run has this id.
        StepNotFound: it has no such step.
    """
    with ledger.read() as connection:
        row = connection.execute(_RUN, {"run": run_id}).one_or_none()
        if row is None:
            raise RunNotFound(f"no run has the id {run_id!r}: `orchestrator runs list` shows them")
        states = {each.name: StepState(each.state) for each in _states(connection, run_id)}
        found = _steps(connection, run_id, step)
        if step is not None and not found:
            raise StepNotFound(f"run {run_id} has no step {step!r}{did_you_mean(step, states)}")
        return Facts(
            run=_run(connection, row),
            plan=plan_of(row.version),
            states=states,
            steps=tuple(found),
            pools=busy_pools.look(connection, {s.queue for s in found if s.is_free and s.queue}),
            max_losses=max_losses,
        )


def first_open_element(ledger: Ledger, run_id: str, mapped: str) -> str | None:
    """Return the element of a map that has been open for longest, of those that have begun."""
    query = (
        sa.select(steps.c.name)
        .where(
            steps.c.run_id == run_id,
            steps.c.parent == mapped,
            sa.text(ELEMENT_IS_OPEN),
            steps.c.state != StepState.PENDING,
        )
        .order_by(steps.c.element)
        .limit(1)
    )
    with ledger.read() as connection:
        return connection.execute(query).scalar()


_RUN = (
    sa.select(runs, sessions.c.name.label("session_name"), sessions.c.mode)
    .select_from(runs.outerjoin(sessions, sessions.c.id == runs.c.session_id))
    .where(runs.c.id == sa.bindparam("run"))
)


def _run(connection: sa.Connection, row: Any) -> RunFacts:
    ending = _last_event(connection, row.id, "run.ending") if row.ending else None
    return RunFacts(
        id=row.id,
        workflow=row.workflow,
        state=RunState(row.state),
        submitted_at=row.submitted_at,
        ending=RunState(row.ending) if row.ending else None,
        ending_since=ending.at if ending else None,
        paused=_held(connection, row) if row.state == RunState.PAUSED else None,
        session=(row.session_name, row.mode) if row.gated and row.mode else None,
    )


def _held(connection: sa.Connection, row: Any) -> Held:
    event = _last_event(connection, row.id, "run.paused")
    said = json.loads(event.detail) if event else {}  # none: submitted while its workflow is held
    kind = row.paused_for or "run"
    by, reason = said.get("by", "somebody"), said.get("reason", f"its {kind} is paused")
    return Held(kind, by, reason, event.at if event else row.submitted_at)


def _last_event(connection: sa.Connection, run_id: str, name: str) -> Any | None:
    query = sa.select(events.c.at, events.c.detail).where(
        events.c.run_id == run_id, events.c.name == name
    )
    return connection.execute(query.order_by(events.c.id.desc()).limit(1)).one_or_none()


def _states(connection: sa.Connection, run_id: str) -> Iterable[Any]:
    query = sa.select(steps.c.name, steps.c.state)
    return connection.execute(query.where(steps.c.run_id == run_id, steps.c.parent.is_(None)))


def _steps(connection: sa.Connection, run_id: str, step: str | None) -> list[StepFacts]:
    which = (
        (sa.text(f"{steps.name}.{OPEN}"), steps.c.parent.is_(None))
        if step is None
        else (steps.c.name == step,)
    )
    query = (
        sa.select(
            steps,
            workers.c.host,
            workers.c.pid,
            workers.c.lease_until,
            waits.c.kind.label("wait_kind"),
            waits.c.name.label("wait_name"),
            waits.c.opened_at,
            waits.c.deadline_at.label("wait_until"),
            waits.c.claimed_by,
            waits.c.claimed_until,
        )
        .select_from(
            steps.outerjoin(workers, workers.c.id == steps.c.worker).outerjoin(
                waits,
                sa.and_(
                    waits.c.run_id == steps.c.run_id,
                    waits.c.step == steps.c.name,
                    waits.c.done_at.is_(None),
                ),
            )
        )
        .where(steps.c.run_id == run_id, *which)
        .order_by(steps.c.position, steps.c.element)
    )
    rows = connection.execute(query).all()
    more = _More(connection, run_id, rows)
    return [more.facts(row) for row in rows]


class _More:
    """What is asked of several steps at once, and only where one of them needs it."""

    def __init__(self, connection: sa.Connection, run_id: str, rows: list[Any]) -> None:
        def any_is(*kinds: str, state: StepState = StepState.WAITING) -> bool:
            return any(row.state == state and row.kind in kinds for row in rows)

        worked = ("task", "undo")
        queued = any_is(*worked, state=StepState.QUEUED)
        self._places = busy_pools.places(connection, run_id) if queued else {}
        self._failed = _failed_at(connection, run_id) if any_is(*worked) else {}
        self._children = _children(connection, run_id) if any_is("child") else {}
        self._elements = _elements(connection, run_id) if any_is("map") else {}

    def facts(self, row: Any) -> StepFacts:
        error = json.loads(row.error) if row.error else None
        return StepFacts(
            name=row.name,
            kind=row.kind,
            state=StepState(row.state),
            task=row.task,
            queue=row.queue,
            priority=row.priority,
            boost=row.boost,
            attempts=row.attempts,
            losses=row.losses,
            forgiven=row.forgiven,
            parent=row.parent,
            ready_at=row.ready_at,
            queued_at=row.queued_at,
            due_at=row.due_at,
            started_at=row.started_at,
            failed_at=self._failed.get(row.name),
            deadline_at=row.deadline_at,
            ended_at=row.ended_at,
            start_within=row.start_within,
            error=(error["type"], error["message"]) if error else None,
            reason=row.reason,
            worker=_worker(row),
            wait=_wait(row),
            child=self._children.get(row.name),
            place=self._places.get(row.name),
            elements=self._elements.get(row.name, {}),
        )


def _worker(row: Any) -> WorkerFacts | None:
    if row.host is None:
        return None
    return WorkerFacts(row.host, row.pid, is_alive=row.lease_until > clock.now())


def _wait(row: Any) -> WaitFacts | None:
    if row.wait_kind is None or row.state != StepState.WAITING:
        return None
    return WaitFacts(
        kind=row.wait_kind,
        name=row.wait_name,
        since=row.opened_at,
        until=row.wait_until,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
    )


def _failed_at(connection: sa.Connection, run_id: str) -> Mapping[str, Any]:
    query = (
        sa.select(events.c.step, sa.func.max(events.c.at).label("at"))
        .where(events.c.run_id == run_id, events.c.name == "step.retrying")
        .group_by(events.c.step)
    )
    return {row.step: row.at for row in connection.execute(query)}


def _children(connection: sa.Connection, run_id: str) -> Mapping[str, ChildFacts]:
    query = sa.select(runs.c.id, runs.c.workflow, runs.c.state, runs.c.parent_step)
    found = connection.execute(query.where(runs.c.parent_run == run_id).order_by(runs.c.id))
    return {row.parent_step: ChildFacts(row.id, row.workflow, RunState(row.state)) for row in found}


def _elements(connection: sa.Connection, run_id: str) -> Mapping[str, Mapping[StepState, int]]:
    query = (
        sa.select(steps.c.parent, steps.c.state, sa.func.count().label("so_many"))
        .where(steps.c.run_id == run_id, steps.c.parent.is_not(None))
        .group_by(steps.c.parent, steps.c.state)
    )
    found: dict[str, dict[StepState, int]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.parent][StepState(row.state)] = row.so_many
    return found
