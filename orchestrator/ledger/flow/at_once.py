"""The end of a step and what becomes of the next one, in one statement.

Most ends free one step, and nothing else is to be decided. In a transaction of several
statements such an end goes to PostgreSQL and back five or six times: here it goes once, and
PostgreSQL commits the statement by itself. On SQLite it holds the ledger for a shorter time.

It is all or nothing. Where the run, the step that is done or the next one do not stand as is
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
from orchestrator.ledger.flow.advance import first_part, is_single, is_wide
from orchestrator.ledger.flow.claim import Claim, Held
from orchestrator.ledger.flow.consequences import turn_of
from orchestrator.ledger.flow.earlier import Earlier, look
from orchestrator.ledger.flow.finishing import event_of, written
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.pairs import (
    FREE_ITS_NEXT,
    TAKE_ITS_NEXT,
    TAKE_NEXT_OF_CROWD,
    Pair,
)
from orchestrator.ledger.flow.progress import Progress, next_of
from orchestrator.ledger.flow.taking import Taker, claim_of, known, wanted
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState


def end(
    ledger: Ledger, held: Held, outcome: Outcome, plan: Plan, taker: Taker | None
) -> Progress | None:
    """Write how a step ended, and free or take the one after it.

    Args:
        plan: by which the step was taken.
        taker: who would go on with another step.

    Returns:
        What is to be told; None: nothing was written, and nothing is known of why.

    Raises:
        Unavailable: the ledger does not answer; nothing is written.
        InDoubt: it went away, and all of it may be written.
    """
    if not _is_plain(held, outcome):
        return None
    pair = _usual(plan, held, taker if outcome.state is StepState.SUCCEEDED else None)
    if pair is None:
        return None
    before = plan[held.step].before
    following = None if pair is TAKE_NEXT_OF_CROWD else before[0]
    asked = written(held, outcome) | {"version": held.version, "following": following}
    asked |= {"now": clock.now()} if taker is None else wanted(taker)
    write = _write_to_sqlite if ledger.is_sqlite else _write_to_postgresql
    row = write(ledger, pair, asked, event_of(held, outcome))
    if row is None:
        return None
    told = Progress(held.run_id, held.version, held.step)
    if taker is None or not pair.takes:
        return replace(told, hops=(next_of(row),))
    joins = () if following else tuple(first_part(plan.steps[n], row.run_priority) for n in before)
    turn = turn_of(plan[held.step].step, row.run_priority, row.run_fair_key)
    turns = frozenset() if turn is None else frozenset((turn,))
    taken = _taken(ledger, plan, taker, row, asked["claimed"])
    return replace(told, joins=joins, turns=turns, taken=taken)


def _is_plain(held: Held, outcome: Outcome) -> bool:
    is_derived = names.undone(held.step) is not None or names.index(held.step) is not None
    is_well = outcome.state in (StepState.SUCCEEDED, StepState.SKIPPED)
    return is_well and not outcome.warnings and not is_derived


def _usual(plan: Plan, held: Held, taker: Taker | None) -> Pair | None:
    """Return how it goes on after a step, if that is one of the usual ways."""
    planned = plan[held.step]
    after = [plan.steps[name] for name in planned.before]
    if not after or planned.preferred_by:
        return None
    if planned.in_crowd:
        is_counted = taker is None or not taker.done.as_planned
        joins_are_wide = all(is_wide(each) for each in after)
        return TAKE_NEXT_OF_CROWD if joins_are_wide and not is_counted else None
    if len(after) > 1 or not is_single(after[0]):
        return None
    return TAKE_ITS_NEXT if taker is not None and taker.suits(after[0]) else FREE_ITS_NEXT


def _write_to_sqlite(
    ledger: Ledger, pair: Pair, asked: Mapping[str, Any], said: dict[str, Any]
) -> Any | None:
    with ledger.write() as connection:
        both = {row.name: row for row in connection.execute(pair.on_sqlite, asked)}
        if both.pop(asked["step"], None) is None or not both:
            connection.rollback()
            return None
        (other,) = both.values()
        start = {"step": other.name, "name": "step.started", "attempt": other.attempts}
        start |= {"detail": None}
        events.append_many(connection, [said, {**said, **start}] if pair.takes else [said])
    return other


def _write_to_postgresql(
    ledger: Ledger, pair: Pair, asked: Mapping[str, Any], said: dict[str, Any]
) -> Any | None:
    event = {f"said_{name}": said[name] for name in ("name", "at", "worker", "detail")}
    with ledger.at_once() as connection, committing():
        return connection.execute(pair.on_postgresql, {**asked, **event}).one_or_none()


def _taken(ledger: Ledger, plan: Plan, taker: Taker, row: Any, token: str) -> Claim:
    earlier = known(plan, row.name, taker)
    if earlier is None:
        earlier = _looked_up(ledger, taker.done.run_id, plan[row.name])
    return claim_of(taker, row, token, taker.done.version, earlier)


def _looked_up(ledger: Ledger, run_id: str, planned: PlannedStep) -> Earlier:
    try:
        with ledger.read() as connection:
            return look(connection, run_id, planned)
    except Unavailable as error:
        raise InDoubt(f"step {planned.step.name!r} is taken, and {error}") from error
