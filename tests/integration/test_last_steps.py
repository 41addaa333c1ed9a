"""The end of a step that nothing waits for leaves what many statements leave, or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.ledger.flow import last_steps, outcomes
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import runs, steps
from orchestrator.plan import WINDOW
from orchestrator.states import RunState, StepState
from tests.integration.book import DONE, step
from tests.integration.shelf import CHAIN, Shelf, Shelves
from tests.integration.test_at_once import assert_it_leaves_nothing, do_again_in
from tests.integration.test_verbs_races import waits_for_a_lock
from tests.waiting import eventually

SKIPPED = Outcome(StepState.SKIPPED, reason="there is nothing to do")
TWO = [step("a"), step("b")]

#: Definitions, with the steps that are done before the one that ends, and that one.
SHAPES: dict[str, tuple[list[dict[str, Any]], list[str], str]] = {
    "the last of a chain": (CHAIN, ["a", "b"], "c"),
    "one of two": (TWO, [], "a"),
    "the other of two": (TWO, ["a"], "b"),
    "while one waits for more": ([*CHAIN, step("z")], ["a"], "z"),
}


def in_one(shelf: Shelf, claim: Claim, outcome: Outcome = DONE) -> Progress | None:
    return last_steps.end(shelf.ledger, claim, outcome)


def in_statements(shelf: Shelf, claim: Claim, outcome: Outcome = DONE) -> Progress:
    with shelf.ledger.write() as connection:
        return outcomes.record_in(connection, claim, outcome, shelf.plan_of)


def run_row(shelf: Shelf) -> dict[str, Any]:
    query = sa.select(runs).where(runs.c.id == shelf.run_id)
    with shelf.ledger.read() as connection:
        row = dict(connection.execute(query).mappings().one())
    times = {name: bool(row[name]) for name in ("submitted_at", "started_at", "ended_at")}
    return row | times | {"id": ""}


def of_parent(shelf: Shelf) -> None:
    shelf.change(runs, parent_run="parent", parent_step="calls")


@pytest.mark.parametrize("outcome", [DONE, SKIPPED])
@pytest.mark.parametrize("before", [lambda _: None, of_parent], ids=["alone", "a child"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_leaves_what_many_statements_leave(
    shelves: Shelves, shape: str, before: Callable[[Shelf], None], outcome: Outcome
) -> None:
    definition, done, ending = SHAPES[shape]
    one, many = shelves(definition), shelves(definition)
    before(one)
    claims = []
    for shelf in (one, many):
        for name in done:
            shelf.finish(name)
        claims.append(shelf.take(ending))

    told = in_one(one, claims[0], outcome)
    wanted = in_statements(many, claims[1], outcome)

    assert told is not None
    assert replace(told, run_id="") == replace(wanted, run_id="")
    assert one.rows() == many.rows()
    assert one.log() == many.log()
    assert one.times() == many.times()
    assert run_row(one) == run_row(many)


@pytest.mark.parametrize(
    "unusual",
    [
        {"state": RunState.PAUSED},
        {"ending": RunState.CANCELLED},
        {"version": "another"},
        {"as_planned": False},
    ],
)
@pytest.mark.parametrize("shape", ["one of two", "the other of two"])
def test_where_a_run_is_unusual_it_leaves_nothing(
    shelves: Shelves, shape: str, unusual: dict[str, Any]
) -> None:
    definition, done, ending = SHAPES[shape]
    shelf = shelves(definition)
    for name in done:
        shelf.finish(name)
    claim = shelf.take(ending)
    shelf.change(runs, **unusual)

    assert_it_leaves_nothing(shelf, claim, takes=False)


def test_a_step_that_another_has_taken_is_not_ended(shelves: Shelves) -> None:
    shelf = shelves(TWO)
    claim = shelf.take("a")
    shelf.change_step("a", token="another")

    assert_it_leaves_nothing(shelf, claim, takes=False)


@pytest.mark.parametrize("round_", range(5))
def test_of_those_that_end_at_once_one_ends_the_run(shelves: Shelves, round_: int) -> None:
    names = [f"s{n}" for n in range(WINDOW)]  # more would be a crowd
    shelf = shelves([step(name) for name in names])
    claims = [shelf.take(name) for name in names]

    with ThreadPoolExecutor(len(names)) as together:
        told = list(together.map(shelf.record, claims))

    ended = [progress for progress in told if progress.run_state is not None]
    assert len(ended) == 1, round_
    assert shelf.state() == "succeeded"
    assert shelf.log().count(("run.succeeded", None, None)) == 1
    assert set(shelf.column("state").values()) == {"succeeded"}


def test_an_end_that_waited_for_the_other_ends_the_run(shelves: Shelves) -> None:
    shelf = shelves(TWO)
    first, last = shelf.take("a"), shelf.take("b")

    with ThreadPoolExecutor(1) as worker:
        with shelf.ledger.write() as connection:
            outcomes.record_in(connection, first, DONE, shelf.plan_of)
            ending = worker.submit(shelf.record, last)
            eventually(lambda: waits_for_a_lock(shelf))
        assert ending.result(timeout=20).run_state is RunState.SUCCEEDED

    assert shelf.state() == "succeeded"


def test_an_end_that_waited_for_a_retry_leaves_the_run_open(shelves: Shelves) -> None:
    shelf = shelves(TWO)
    shelf.finish("a")
    claim = shelf.take("b")

    with ThreadPoolExecutor(1) as worker:
        with shelf.ledger.write() as connection:
            do_again_in(connection, shelf, "a")
            ending = worker.submit(shelf.record, claim)
            eventually(lambda: waits_for_a_lock(shelf))
        assert ending.result(timeout=20).run_state is None

    assert shelf.column("state") == {"a": "ready", "b": "succeeded"}
    assert shelf.state() == "running"


def test_where_somebody_holds_the_only_other_step_it_leaves_nothing(
    postgres_ledger_url: str,
) -> None:
    shelf = Shelf(postgres_ledger_url, TWO)
    claim = shelf.take("a", worker=shelf.register("w1"))
    with shelf.ledger.write() as connection:
        connection.execute(sa.update(steps).where(steps.c.name == "b").values(boost=1))

        assert_it_leaves_nothing(shelf, claim, takes=False)
    shelf.ledger.close()


def test_a_step_that_waits_for_its_claim_is_open(postgres_ledger_url: str) -> None:
    shelf = Shelf(postgres_ledger_url, TWO)
    claim = shelf.take("a", worker=shelf.register("w1"))
    with shelf.ledger.write() as connection:
        lock(connection, shelf.run_id, exclusive=False)
        with ThreadPoolExecutor(1) as worker:
            ending = worker.submit(in_one, shelf, claim)
            eventually(lambda: waits_for_a_lock(shelf))
            connection.commit()
            told = ending.result(timeout=20)

    assert told is not None
    assert told.run_state is None
    shelf.ledger.close()
