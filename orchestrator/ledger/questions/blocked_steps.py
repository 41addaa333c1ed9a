"""The steps of a run that do not move, each with all that it may wait for."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.questions import busy_pools, lines
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import (
    ELEMENT_IS_OPEN,
    STEP_IS_OPEN,
    events,
    runs,
    steps,
    workers,
)
from orchestrator.states import RunState, StepState
from orchestrator.why.facts import ChildFacts, StepFacts, WaitFacts, WorkerFacts


def look(connection: sa.Connection, run_id: str, step: str | None) -> list[StepFacts]:
    """Return the unfinished steps of a run, or one step, which may have ended."""
    if step is not None:
        return _begun(connection, run_id, steps.c.name == step)
    # Of the steps that wait for others, thousands perhaps, only the names are wanted.
    pending = sa.select(steps.c.name, steps.c.kind).where(
        _is_open(run_id), steps.c.state == StepState.PENDING
    )
    rows = connection.execute(pending.order_by(steps.c.position))
    later = [StepFacts(row.name, row.kind, StepState.PENDING) for row in rows]
    front = sa.and_(_is_open(run_id), steps.c.state != StepState.PENDING)
    return [*_begun(connection, run_id, front), *later]


def _is_open(run_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(steps.c.run_id == run_id, STEP_IS_OPEN, steps.c.parent.is_(None))


def _begun(
    connection: sa.Connection, run_id: str, which: sa.ColumnElement[bool]
) -> list[StepFacts]:
    query = (
        sa.select(*_COLUMNS)
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
        .where(steps.c.run_id == run_id, which)
        .order_by(steps.c.position, steps.c.element)
    )
    rows = connection.execute(query).all()
    more = _More(connection, run_id, rows)
    return [more.facts(row) for row in rows]


_COLUMNS = (
    *(column for column in steps.c if column.name not in ("item", "result")),
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


class _More:
    """What is asked of several steps at once, and only where one of them needs it."""

    def __init__(self, connection: sa.Connection, run_id: str, rows: Sequence[Any]) -> None:
        def any_is(*kinds: str, state: StepState = StepState.WAITING) -> bool:
            return any(row.state == state and row.kind in kinds for row in rows)

        worked = ("task", "undo")
        queued = any_is(*worked, state=StepState.QUEUED)
        self._places = busy_pools.places(connection, run_id) if queued else {}
        self._failed = _failed_at(connection, run_id) if any_is(*worked) else {}
        self._children = _children(connection, run_id) if any_is("child") else {}
        self._elements = _elements(connection, run_id) if any_is("map") else {}
        in_line = any(row.state == StepState.READY and row.fair_key for row in rows)
        self._lines = lines.of_run(connection, run_id) if in_line else {}

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
            line=self._lines.get((row.queue, row.priority)) if row.fair_key else None,
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


def first_open_element(ledger: Ledger, run_id: str, mapped: str) -> str | None:
    """Return the first element of a map that has begun and not ended."""
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
