"""What the ledger knows of a run that does not move: read in one transaction, in few questions.

However many steps a run has, the number of questions stays the same.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from orchestrator.errors import RunNotFound, StepNotFound
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.questions import blocked_steps, busy_pools
from orchestrator.ledger.sessions.ahead import ahead
from orchestrator.ledger.side_tables import pauses, sessions
from orchestrator.ledger.tables import events, runs, steps
from orchestrator.plan import Plan
from orchestrator.states import ExecutionMode, RunState, StepState
from orchestrator.suggestion import did_you_mean
from orchestrator.why.facts import Facts, Held, HeldKind, RunFacts, SessionFacts


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
            raise RunNotFound.of(run_id)
        states = {each.name: StepState(each.state) for each in _states(connection, run_id)}
        found = blocked_steps.look(connection, run_id, step)
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
        session=_session(connection, row) if row.gated and row.mode else None,
    )


def _session(connection: sa.Connection, row: Any) -> SessionFacts:
    mode = ExecutionMode(row.mode)
    return SessionFacts(row.session_name, mode, ahead(connection, row.session_id, mode))


def _held(connection: sa.Connection, row: Any) -> Held:
    kind: HeldKind = row.paused_for or "run"
    if kind == "workflow":
        # A run that was submitted since has no event of its own that would say who and why.
        of_workflow = sa.and_(pauses.c.kind == kind, pauses.c.name == row.workflow)
        pause = connection.execute(sa.select(pauses).where(of_workflow)).one_or_none()
        if pause is not None:
            return Held(kind, pause.by, pause.reason, pause.at)
    event = _last_event(connection, row.id, "run.paused")
    if event is None:
        return Held(kind, "somebody", f"its {kind} was paused", row.submitted_at)
    said = json.loads(event.detail)
    return Held(kind, said["by"], said["reason"], event.at)


def _last_event(connection: sa.Connection, run_id: str, name: str) -> Any | None:
    query = sa.select(events.c.at, events.c.detail).where(
        events.c.run_id == run_id, events.c.name == name
    )
    return connection.execute(query.order_by(events.c.id.desc()).limit(1)).one_or_none()


def _states(connection: sa.Connection, run_id: str) -> Iterable[Any]:
    query = sa.select(steps.c.name, steps.c.state)
    return connection.execute(query.where(steps.c.run_id == run_id, steps.c.parent.is_(None)))
