"""Child runs: begun by a step that waits for them, and heard when they have ended."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import NOT_ENDED, STEP_IS_LIVE, runs, steps
from orchestrator.ledger.tables import events as log
from orchestrator.plan import Plan
from orchestrator.states import FINAL_RUN_STATES, RunState, StepState
from orchestrator.workflow import Workflow


def newest(connection: sa.Connection, parent: tuple[str, str]) -> Any | None:
    """Return the child run that a step waits for: the newest it has begun.

    By the log's numbers: an id is of the clock of whoever made it, which may be a minute off.
    """
    run_id, step = parent
    return connection.execute(
        sa.select(runs)
        .join(log, sa.and_(log.c.run_id == runs.c.id, log.c.name == "run.submitted"))
        .where(runs.c.parent_run == run_id, runs.c.parent_step == step)
        .order_by(log.c.id.desc())
        .limit(1)
    ).one_or_none()


def are_open(connection: sa.Connection, run_id: str) -> bool:
    """Say whether a child run goes on, though its parent may have stopped to wait for it."""
    child = sa.select(runs.c.id).where(runs.c.parent_run == run_id, sa.text(NOT_ENDED)).limit(1)
    return connection.execute(child).first() is not None


def outcome_of(
    connection: sa.Connection, child: Any, workflow: Workflow, plan: Plan, *, critical: bool
) -> Outcome:
    """Return what a child's end is to the step that waited for it."""
    if child.state == RunState.SUCCEEDED:
        result = json.dumps(
            result_of(connection, child.id, json.loads(child.input), workflow, plan)
        )
        return Outcome(StepState.SUCCEEDED, result=result, critical=critical)
    kind = "ChildFailed" if child.state == RunState.FAILED else "ChildCancelled"
    said = f"run {child.id} of workflow {child.workflow!r} {child.state}"
    failure = Failure(kind, f"{said}: {child.error}" if child.error else said)
    return Outcome(StepState.FAILED, failure=failure, critical=critical)


def result_of(
    connection: sa.Connection,
    run_id: str,
    run_input: Mapping[str, Any],
    workflow: Workflow,
    plan: Plan,
) -> Any:
    """Return what a run gave: its workflow's `result`, or what its last steps gave."""
    given = sa.select(steps.c.name, steps.c.result).where(
        steps.c.run_id == run_id, steps.c.parent.is_(None), steps.c.result.is_not(None)
    )
    results = {row.name: json.loads(row.result) for row in connection.execute(given)}
    if workflow.result is not None:
        try:
            return resolve(workflow.result, run_input=run_input, results=results)
        except Missing:
            return None
    last = {name: results[name] for name in plan.sinks if name in results}
    return last.get(plan.sinks[0]) if len(plan.sinks) == 1 else last


def unheard(ledger: Ledger) -> list[tuple[str, str]]:
    """Return (run, step) of the steps that wait for a child that has ended."""
    child = runs.alias("child")
    query = (
        sa.select(steps.c.run_id, steps.c.name)
        .select_from(
            steps.join(
                child,
                sa.and_(child.c.parent_run == steps.c.run_id, child.c.parent_step == steps.c.name),
            )
        )
        .where(
            STEP_IS_LIVE,
            steps.c.kind == "child",
            steps.c.state == StepState.WAITING,
            child.c.state.in_(FINAL_RUN_STATES),
        )
        .distinct()
    )
    with ledger.read() as connection:
        return [(row.run_id, row.name) for row in connection.execute(query)]


def orphans(ledger: Ledger, run_id: str | None = None) -> list[str]:
    """Return the child runs that go on though the step that began them waits no more."""
    query = (
        sa.select(runs.c.id)
        .select_from(
            runs.join(
                steps,
                sa.and_(steps.c.run_id == runs.c.parent_run, steps.c.name == runs.c.parent_step),
            )
        )
        .where(
            sa.text(f"{runs.name}.{NOT_ENDED}"),
            runs.c.ending.is_(None),
            steps.c.state != StepState.WAITING,
        )
    )
    if run_id is not None:
        query = query.where(runs.c.parent_run == run_id)
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def wait(connection: sa.Connection, run_id: str, step: str, child: str, workflow: str) -> None:
    """Let a step wait for the child run that it has just begun."""
    attempt = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run_id, steps.c.name == step)
        .values(
            state=StepState.WAITING,
            attempts=steps.c.attempts + 1,
            started_at=clock.now(),
            reason=f"for run {child} of workflow {workflow!r}",
        )
        .returning(steps.c.attempts)
    ).scalar_one()
    events.append(connection, "step.waiting", run_id, step, attempt=attempt, child=child)
