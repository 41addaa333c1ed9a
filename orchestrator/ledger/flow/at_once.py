"""The end of a step and what becomes of those after it, in one statement.

Most ends free a step or count for joins, and nothing else is to be decided. In a transaction of
several statements such an end goes to PostgreSQL and back five times and more: here it goes
once, and PostgreSQL commits the statement by itself. On SQLite it holds the ledger for a shorter
time.

It is all or nothing. Where the run, the step that is done or those after it do not stand as is
usual, nothing is written, and `outcomes` does it statement by statement.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.errors import InDoubt, Unavailable
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger, committing
from orchestrator.ledger.flow import last_steps
from orchestrator.ledger.flow.advance import first_part, is_single, is_wide
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.flow.consequences import turn_of
from orchestrator.ledger.flow.earlier import Earlier, look
from orchestrator.ledger.flow.finishing import event_of, said_of, written
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress, next_of
from orchestrator.ledger.flow.taking import Taker, claim_of, known, wanted
from orchestrator.ledger.flow.ways import (
    COUNT_JOINS,
    FREE_ITS_NEXT,
    TAKE_ITS_NEXT,
    TAKE_NEXT_OF_CROWD,
    TAKE_NEXT_OF_CROWD_AND_COUNT,
    Way,
)
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState


def end(
    ledger: Ledger, held: Held, outcome: Outcome, plan: Plan, taker: Taker | None
) -> Progress | None:
    """Write how a step ended, and what becomes of those after it.

    Args:
        plan: by which the step was taken.
        taker: who would go on with another step.

    Returns:
        What is to be told; None: nothing was written, and nothing is known of why.

    Raises:
        Unavailable: the ledger does not answer; nothing is written.
        InDoubt: it went away, and all of it may be written.
    """
    if not _ended_plainly(held, outcome):
        return None
    if held.as_planned and plan.is_last(held.step):
        return last_steps.end(ledger, held, outcome)
    taker = taker if outcome.state is StepState.SUCCEEDED else None
    way = _usual(plan, held, taker)
    if way is None:
        return None
    asked = written(held, outcome) | {"version": held.version}
    asked |= {"now": clock.now()} if taker is None else wanted(taker)
    before = plan[held.step].before
    asked["following"] = before[0]
    asked["joins"] = [n for n in before if not is_wide(plan.steps[n])] if way.counts else []
    write = _write_to_sqlite if ledger.is_sqlite else _write_to_postgresql
    row = write(ledger, way, asked, event_of(held, outcome))
    if row is None:
        return None
    told = _told(plan, held, way, row)
    if taker is None or not way.takes:
        return told
    earlier = known(plan, row.name, taker) or _looked_up(ledger, held.run_id, plan[row.name])
    return replace(told, taken=claim_of(taker, row, asked["claimed"], held.version, earlier))


def _ended_plainly(held: Held, outcome: Outcome) -> bool:
    is_derived = names.undone(held.step) is not None or names.index(held.step) is not None
    is_well = outcome.state in (StepState.SUCCEEDED, StepState.SKIPPED)
    return is_well and not outcome.warnings and not is_derived


def _usual(plan: Plan, held: Held, taker: Taker | None) -> Way | None:
    """Return how it goes on after a step, if that is one of the usual ways."""
    planned = plan[held.step]
    after = [plan.steps[name] for name in planned.before]
    if not after or planned.preferred_by:
        return None
    if not planned.in_crowd and len(after) == 1 and is_single(after[0]):
        return TAKE_ITS_NEXT if taker is not None and taker.suits(after[0]) else FREE_ITS_NEXT
    if any(is_single(each) or not each.is_plain for each in after):
        return None
    if not held.as_planned:
        return None
    narrow = [each for each in after if not is_wide(each)]
    if planned.in_crowd:
        taking = TAKE_NEXT_OF_CROWD_AND_COUNT if narrow else TAKE_NEXT_OF_CROWD
        return None if taker is None else taking
    may_be_taken = taker is not None and any(taker.suits(each) for each in narrow)
    return None if may_be_taken else COUNT_JOINS


def _write_to_sqlite(
    ledger: Ledger, way: Way, asked: Mapping[str, Any], said: dict[str, Any]
) -> Any | None:
    named = {asked["step"], *asked["joins"]}
    with ledger.write() as connection:
        rows = {row.name: row for row in connection.execute(way.on_sqlite, asked)}
        if len(rows) < len(named) + way.frees:
            connection.rollback()
            return None
        (name,) = (rows.keys() - named) or {asked["step"]}
        row = rows[name]
        start = {"step": row.name, "name": "step.started", "attempt": row.attempts}
        start = {**said, **start, "detail": None}
        events.append_many(connection, [said, start] if way.takes else [said])
    return row


def _write_to_postgresql(
    ledger: Ledger, way: Way, asked: Mapping[str, Any], said: dict[str, Any]
) -> Any | None:
    with ledger.at_once() as connection, committing():
        return connection.execute(way.on_postgresql, {**asked, **said_of(said)}).one_or_none()


def _told(plan: Plan, held: Held, way: Way, row: Any) -> Progress:
    """Return what is to be told besides the step that was taken."""
    is_alone = way in (TAKE_ITS_NEXT, FREE_ITS_NEXT)
    joins = () if is_alone else (plan.steps[name] for name in sorted(plan[held.step].before))
    turn = turn_of(plan[held.step].step, row.run_priority, row.run_fair_key)
    return Progress(
        held.run_id,
        held.version,
        held.step,
        hops=(next_of(row),) if way is FREE_ITS_NEXT else (),
        joins=tuple(first_part(join, row.run_priority) for join in joins),
        turns=frozenset() if turn is None else frozenset((turn,)),
    )


def _looked_up(ledger: Ledger, run_id: str, planned: PlannedStep) -> Earlier:
    try:
        with ledger.read() as connection:
            return look(connection, run_id, planned)
    except Unavailable as error:
        raise InDoubt(f"step {planned.step.name!r} is taken, and {error}") from error
