"""The end of a step and the start of the next in one statement.

In a burst most ends free one step, which the same process takes, and nothing else is to be
decided. In a transaction of several statements such an end goes to PostgreSQL and back six
times: here it goes once, and PostgreSQL commits the statement by itself. On SQLite it holds the
ledger for a shorter time.

It is all or nothing. Where the run, the step that is done or the one to be taken do not stand
as is usual, nothing is written, and `outcomes` does it statement by statement.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.definition import names
from orchestrator.errors import InDoubt, Unavailable
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.advance import first_part, is_single, is_wide
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.flow.consequences import turn_of
from orchestrator.ledger.flow.earlier import Earlier, look
from orchestrator.ledger.flow.finishing import event_of, written
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.pairs import WITH_ITS_NEXT, WITH_NEXT_OF_CROWD, Pair
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.taking import Taker, claim_of, known, wanted
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState


def end_and_take(ledger: Ledger, outcome: Outcome, plan: Plan, taker: Taker) -> Progress | None:
    """Write how the step of a taker ended, and that it takes the next one.

    Args:
        plan: by which the step was taken.

    Returns:
        What is to be told; None: nothing was written, and nothing is known of why.

    Raises:
        Unavailable: the ledger does not answer; nothing is written.
        InDoubt: it went away, and all of it may be written.
    """
    done = taker.done
    pair = _usual(plan, taker) if _is_plain(done, outcome) else None
    if pair is None:
        return None
    before = plan[done.step].before
    following = before[0] if pair is WITH_ITS_NEXT else None
    asked = written(done, outcome) | wanted(taker)
    asked |= {"version": done.version, "following": following}
    write = _write_to_sqlite if ledger.is_sqlite else _write_to_postgresql
    row = write(ledger, pair, asked, event_of(done, outcome))
    if row is None:
        return None
    joins = () if following else tuple(first_part(plan.steps[n], row.run_priority) for n in before)
    turn = turn_of(plan[done.step].step, row.run_priority, row.run_fair_key)
    earlier = known(plan, row.name, taker) or _looked_up(ledger, done.run_id, plan[row.name])
    return Progress(
        done.run_id,
        done.version,
        done.step,
        joins=joins,
        turns=frozenset() if turn is None else frozenset((turn,)),
        taken=claim_of(taker, row, asked["claimed"], done.version, earlier),
    )


def _is_plain(held: Held, outcome: Outcome) -> bool:
    is_derived = names.undone(held.step) is not None or names.index(held.step) is not None
    return outcome.state is StepState.SUCCEEDED and not outcome.warnings and not is_derived


def _usual(plan: Plan, taker: Taker) -> Pair | None:
    """Return how the step goes on that a taker has done, if that is one of the usual ways."""
    planned = plan[taker.done.step]
    after = [plan.steps[name] for name in planned.before]
    if not after or planned.preferred_by:
        return None
    if not planned.in_crowd:
        is_chain = len(after) == 1 and is_single(after[0]) and taker.suits(after[0])
        return WITH_ITS_NEXT if is_chain else None
    is_crowd = taker.done.as_planned and all(is_wide(each) for each in after)
    return WITH_NEXT_OF_CROWD if is_crowd else None


def _write_to_sqlite(
    ledger: Ledger, pair: Pair, asked: Mapping[str, Any], end: dict[str, Any]
) -> Any | None:
    with ledger.write() as connection:
        both = {row.name: row for row in connection.execute(pair.on_sqlite, asked)}
        if both.pop(asked["step"], None) is None or not both:
            connection.rollback()
            return None
        (taken,) = both.values()
        start = {"step": taken.name, "name": "step.started", "attempt": taken.attempts}
        events.append_many(connection, [end, {**end, **start, "detail": None}])
    return taken


def _write_to_postgresql(
    ledger: Ledger, pair: Pair, asked: Mapping[str, Any], end: dict[str, Any]
) -> Any | None:
    said = {f"said_{name}": end[name] for name in ("name", "at", "detail")}
    with ledger.at_once() as connection:
        return connection.execute(pair.on_postgresql, {**asked, **said}).one_or_none()


def _looked_up(ledger: Ledger, run_id: str, planned: PlannedStep) -> Earlier:
    try:
        with ledger.read() as connection:
            return look(connection, run_id, planned)
    except Unavailable as error:
        raise InDoubt(f"step {planned.step.name!r} is taken, and {error}") from error
