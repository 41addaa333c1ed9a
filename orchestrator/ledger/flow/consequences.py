"""What follows from the end of a step: for those after it, for its map, and for its run."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.errors import LostRace
from orchestrator.ledger import events
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.flow import endings, maps, undoings
from orchestrator.ledger.flow.advance import advance
from orchestrator.ledger.flow.freed import Freed
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress, Turn
from orchestrator.ledger.flow.taking import Taker
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import FOUND_STEP_IS_OPEN, step_is, steps
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, RunState, StepState
from orchestrator.workflow import Step

#: The states of a step that no worker holds.
UNHELD = (StepState.PENDING, StepState.READY, *HANDED_OVER, StepState.WAITING)


def needs_exclusive(plan: Plan, step: str, outcome: Outcome) -> bool:
    """Say whether the end of a step may end its run, so that its row is taken for us alone.

    Asking for that while sharing it would lock two such steps against each other. An element
    that is its map's last shares it and leaves the end to `endings.settle`: 10,000 elements
    that take turns would be slower.
    """
    if outcome.state is StepState.FAILED or names.undone(step) is not None:
        return True
    return names.index(step) is None and not plan[step].before


def conclude(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    step: str,
    outcome: Outcome,
    *,
    states: Collection[StepState] = UNHELD,
    **detail: Any,
) -> Progress:
    """Write the final outcome of a step that no worker holds, and what follows from it.

    Args:
        run: held exclusively.
        states: those the step may come from.
        detail: more for the event, such as `by`.

    Raises:
        LostRace: the step is in another state by now; roll the transaction back.
    """
    _end(connection, run.id, step, outcome, states, detail)
    return follow(connection, run, plan, step, outcome)


def follow(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    step: str,
    outcome: Outcome,
    taker: Taker | None = None,
    log: Sequence[dict[str, Any]] = (),
) -> Progress:
    """Return what a step's end, which is written, sets free; in the same transaction.

    Args:
        taker: who has done the step, and goes on with one that it sets free.
        log: the events of the end, if a taker's next start is to be written in one with them.
    """
    told = told_of(run, plan, step)
    if names.undone(step) is not None:
        return _follow_undoing(connection, run, plan, step, told)
    if names.index(step) is not None:
        return _follow_element(connection, run, plan, step, outcome, told, taker, log)
    if outcome.ends_run and run.ending is None:
        _fail(connection, run, step, outcome)
    if outcome.ends_run or run.ending is not None:
        return replace(told, settle=True)
    succeeded = outcome.state is StepState.SUCCEEDED
    freed = advance(connection, run, plan, step, succeeded=succeeded, taker=taker)
    _write(connection, log, freed)
    told = _with(told, freed)
    if _is_awaited(connection, run.id, plan[step].before, freed):
        return told
    if not run.exclusive:
        return replace(told, settle=True)
    return told.with_more(endings.end_if_done(connection, run, plan))


def told_of(run: LockedRun, plan: Plan, step: str) -> Progress:
    """Return what is to be told of a step that is no longer at work, whatever follows from it."""
    told = Progress(run.id, run.version, step, session=run.gate)
    turn = turn_of(plan[step].step, run.priority, run.fair_key)
    return told if turn is None else replace(told, turns=frozenset((turn,)))


def turn_of(step: Step, priority: int, fair_key: str | None) -> Turn | None:
    """Return the place in a line that a step leaves which is no longer at work.

    Args:
        priority: of its run, as `fair_key`.
    """
    if fair_key is None or step.kind != "task":
        return None
    return Turn(step.domain, step.priority_in(priority), fair_key)


def _is_awaited(
    connection: sa.Connection, run_id: str, before: Collection[str], freed: Freed
) -> bool:
    """Say whether the run goes on behind a step that has ended.

    What comes after it may have ended before it, skipped by hand or as soon as any other of
    several had succeeded; then it may be the last of the run.
    """
    if freed.hops or freed.joins or freed.openings or freed.turns or freed.taken:
        return True
    for part in chunks(before):
        still_open = sa.select(steps.c.name).where(
            steps.c.run_id == run_id, steps.c.name.in_(part), FOUND_STEP_IS_OPEN
        )
        if connection.execute(still_open.limit(1)).first() is not None:
            return True
    return False


def _write(connection: sa.Connection, log: Sequence[dict[str, Any]], freed: Freed) -> None:
    """Write the events of an end, and the start of the step that is taken with it."""
    started = [] if freed.taken is None else [freed.taken.event("step.started")]
    events.append_many(connection, [*log, *started])


def _with(told: Progress, freed: Freed) -> Progress:
    return replace(
        told,
        hops=tuple(freed.hops),
        joins=tuple(freed.joins),
        openings=tuple(freed.openings),
        turns=told.turns | freed.turns,
        taken=freed.taken,
    )


def _fail(connection: sa.Connection, run: LockedRun, step: str, outcome: Outcome) -> None:
    said = outcome.failure.message if outcome.failure else outcome.reason
    kind = f"{outcome.failure.type}: " if outcome.failure else ""
    endings.begin(
        connection,
        run,
        RunState.FAILED,
        error=f"step {step!r} failed: {kind}{said}",
        reason=f"step {step!r} failed",
    )


def _follow_undoing(
    connection: sa.Connection, run: LockedRun, plan: Plan, step: str, told: Progress
) -> Progress:
    following = undoings.after(connection, run, step)
    if following is not None:
        return replace(told, hops=(following,))
    if undoings.are_open(connection, run.id):
        return told
    return told.with_more(endings.end(connection, run, plan))


def _follow_element(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    element: str,
    outcome: Outcome,
    told: Progress,
    taker: Taker | None,
    log: Sequence[dict[str, Any]],
) -> Progress:
    if run.ending is not None:
        return replace(told, settle=True)
    mapped = plan.steps[names.base(element)].step
    freed, ended = maps.after_element(connection, run, plan, element, outcome, taker)
    _write(connection, log, freed)
    told = _with(told, freed)
    if ended is None:
        return told
    try:
        _end(connection, run.id, mapped.name, ended, (StepState.WAITING,), {})
    except LostRace:
        # It ran on after its map had ended, and may be the last of the run.
        return replace(told, settle=True)
    # Of the map's end: its element stands in no chord's header.
    return follow(connection, run, plan, mapped.name, ended)


def _end(
    connection: sa.Connection,
    run_id: str,
    step: str,
    outcome: Outcome,
    states: Collection[StepState],
    detail: dict[str, Any],
) -> None:
    now = clock.now()
    written = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run_id, steps.c.name == step, step_is(*states))
        .values(
            state=outcome.state,
            result=outcome.result,
            error=outcome.failure.to_json() if outcome.failure else None,
            reason=outcome.reason,
            ended_at=now,
            due_at=None,
            token=None,
            deadline_at=None,
        )
        .returning(steps.c.attempts, steps.c.kind)
    ).one_or_none()
    if written is None:
        raise LostRace(f"step {step!r} of run {run_id} has moved on meanwhile: look again")
    if written.kind == "wait":
        connection.execute(
            sa.update(waits)
            .where(waits.c.run_id == run_id, waits.c.step == step)
            .values(done_at=now)
        )
    log = [
        events.event("step.warned", run_id, step, message=message)
        for message in outcome.all_warnings
    ]
    said = {**outcome.detail, **detail}
    log.append(
        events.event(outcome.event_name, run_id, step, attempt=written.attempts or None, **said)
    )
    events.append_many(connection, log)
