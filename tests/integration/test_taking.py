"""A step that is taken with the end of the one before it, as the ledger shows it."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import runs, workers
from orchestrator.ledger.upkeep import idle_pools
from orchestrator.plan import WINDOW
from orchestrator.states import RunState, StepState
from tests.integration.book import DONE, step
from tests.integration.shelf import CHAIN, Shelf, crowd

SKIPPED = Outcome(StepState.SKIPPED, reason="its condition is false")
TOLERATED = Outcome(StepState.FAILED, failure=Failure("Busy", "later"), critical=False)


@pytest.fixture
def shelf(shelves: Any) -> Shelf:
    made: Shelf = shelves(CHAIN)
    return made


def test_it_leaves_the_ledger_as_a_message_and_a_claim_would(shelves: Any) -> None:
    taking, sending = shelves(CHAIN), shelves(CHAIN)

    taken = taking.end(taking.take("a")).taken
    sending.record(sending.take("a"))
    sent = sending.take("b")

    assert taking.rows() == sending.rows()
    assert taking.log() == sending.log()
    assert replace(taken, token="", run_id="") == replace(sent, token="", run_id="")
    taking.record(taken)
    assert taking.column("state")["b"] == "succeeded"


def test_a_result_it_refers_to_is_found(shelves: Any) -> None:
    add = {"name": "b", "task": "toy.add", "after": ["a"], "inputs": {"a": "$a"}}
    shelf = shelves([step("a"), add])

    progress = shelf.end(shelf.take("a"), replace(DONE, result="7"))

    assert progress.taken is not None
    assert progress.taken.results == {"a": "7"}
    assert progress.hops == ()


def test_it_is_one_of_those_that_are_free(shelves: Any) -> None:
    shelf = shelves([step("a"), step("b", "a"), step("c", "a")])

    progress = shelf.end(shelf.take("a"))

    assert progress.taken is not None
    assert progress.taken.step == "b"
    assert [hop.step for hop in progress.hops] == ["c"]
    assert shelf.column("state") == {"a": "succeeded", "b": "running", "c": "queued"}


DIAMOND = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]


def test_a_join_is_taken_with_the_end_of_its_last_predecessor(shelves: Any) -> None:
    taking, sending = shelves(DIAMOND), shelves(DIAMOND)
    for shelf in (taking, sending):
        shelf.finish("a")
        shelf.finish("b")

    progress = taking.end(taking.take("c"))
    sending.record(sending.take("c"))
    sent = sending.take("d")

    assert progress.joins == ()
    assert replace(progress.taken, token="", run_id="") == replace(sent, token="", run_id="")
    assert taking.rows() == sending.rows()
    assert taking.log() == sending.log()


def test_a_join_that_waits_for_another_is_not_taken(shelves: Any) -> None:
    shelf = shelves(DIAMOND)
    shelf.finish("a")

    progress = shelf.end(shelf.take("b"))

    assert progress.taken is None
    assert [part.step for part in progress.joins] == ["d"]


def test_a_join_behind_a_step_that_was_skipped_is_taken_with_what_there_is(shelves: Any) -> None:
    total = {"name": "d", "task": "toy.optional", "after": ["b", "c"], "inputs": {"value": "$b"}}
    shelf = shelves([*DIAMOND[:3], total])
    shelf.finish("a")
    shelf.finish("b", SKIPPED)

    progress = shelf.end(shelf.take("c"))

    assert progress.taken is not None
    assert progress.taken.results == {}
    assert progress.taken.idle is None


@pytest.mark.parametrize(
    "second",
    [
        {"task": "other.note"},
        {"priority": "low"},
        {"timeout": 5},
        {"permits": {"erp": 1}},
        {"wait_for": {"timer": "1 day"}, "task": None},
    ],
)
def test_what_needs_more_than_a_claim_goes_by_the_broker(
    shelves: Any, second: dict[str, Any]
) -> None:
    asked = {name: value for name, value in {**step("b", "a"), **second}.items() if value}
    shelf = shelves([step("a"), asked])

    progress = shelf.end(shelf.take("a"))

    assert progress.taken is None
    assert shelf.column("state")["b"] != "running"


def test_a_more_urgent_one_is_taken(shelves: Any) -> None:
    shelf = shelves([step("a"), {**step("b", "a"), "priority": "high"}])

    assert shelf.end(shelf.take("a")).taken is not None


@pytest.mark.parametrize("outcome", [SKIPPED, TOLERATED])
def test_after_a_step_that_has_not_succeeded_nothing_is_taken(
    shelf: Shelf, outcome: Outcome
) -> None:
    progress = shelf.end(shelf.take("a"), outcome)

    assert progress.taken is None
    assert [hop.step for hop in progress.hops] == ["b"]


def test_of_a_paused_run_nothing_is_taken(shelf: Shelf) -> None:
    claim = shelf.take("a")
    shelf.change(runs, state=RunState.PAUSED)

    assert shelf.end(claim).taken is None
    assert shelf.column("state")["b"] == "ready"


def test_of_a_run_that_comes_to_its_end_nothing_is_taken(shelf: Shelf) -> None:
    claim = shelf.take("a")
    shelf.cancel()

    assert shelf.end(claim).taken is None
    assert shelf.column("state")["b"] == "cancelled"


def test_for_a_paused_pool_nothing_is_taken(shelf: Shelf) -> None:
    claim = shelf.take("a")
    shelf.pause_pool()

    progress = shelf.end(claim)

    assert progress.taken is None
    assert [hop.step for hop in progress.hops] == ["b"]


@pytest.mark.parametrize("lost", [{"lease_until": sa.func.now()}, {"doomed": True}])
def test_a_worker_that_is_none_any_more_takes_nothing(shelf: Shelf, lost: dict[str, Any]) -> None:
    claim = shelf.take("a")
    shelf.change(workers, **lost)

    progress = shelf.end(claim)

    assert progress.taken is None
    assert [hop.step for hop in progress.hops] == ["b"]


def counted(shelf: Shelf) -> dict[str, int]:
    states = list(shelf.column("state").values())
    return {state: states.count(state) for state in set(states)}


def test_of_a_crowd_a_window_goes_and_each_that_ends_lets_the_next_go(shelves: Any) -> None:
    shelf = shelves(crowd(WINDOW + 20))

    progress = shelf.record(shelf.take("a"))

    # The first for the one process, and the last, which comes when those between are done.
    assert [hop.step for hop in progress.hops] == ["s000", "s027"]
    assert counted(shelf) == {"succeeded": 1, "queued": 2, "ready": WINDOW + 18}
    progress = shelf.record(shelf.take("s000"))
    assert [hop.step for hop in progress.hops] == ["s001"]
    progress = shelf.end(shelf.take("s001"))
    assert progress.hops == ()
    assert progress.taken is not None
    assert progress.taken.step == "s002"
    assert counted(shelf) == {"succeeded": 3, "queued": 1, "running": 1, "ready": WINDOW + 16}


def test_a_crowd_at_the_start_of_a_run_is_one_too(shelves: Any) -> None:
    shelf = shelves([step(f"s{n:03}") for n in range(WINDOW + 3)])
    held = [name for name, at in shelf.column("queued_at").items() if at is None]

    progress = shelf.record(shelf.take("s000"))

    # Nobody worked when it began.
    assert sorted(held) == ["s004", "s005", "s006"]
    assert [hop.step for hop in progress.hops] == ["s004"]


@pytest.mark.parametrize("first", [[], ["a"]])
def test_of_a_pool_with_many_processes_more_goes_at_once(shelves: Any, first: list[str]) -> None:
    before = shelves(CHAIN)
    for number in range(2, WINDOW + 1):
        before.register(f"w{number}")

    shelf = shelves([*map(step, first), *(step(f"s{n:03}", *first) for n in range(3 * WINDOW))])
    if first:
        shelf.finish("a")

    # Two messages for each process.
    assert held_back(shelf) == WINDOW


@pytest.mark.parametrize("more", [{"permits": {"erp": 1}}, {"prefer_after": ["z"]}])
def test_who_waits_for_something_of_its_own_is_in_no_crowd(
    shelves: Any, more: dict[str, Any]
) -> None:
    shelf = shelves([*crowd(WINDOW + 20, **more), step("z")])

    shelf.record(shelf.take("z"))
    progress = shelf.record(shelf.take("a"))

    assert len(progress.hops) == WINDOW + 20


def test_a_more_urgent_step_is_not_held_back_by_a_crowd(shelves: Any) -> None:
    shelf = shelves([*crowd(WINDOW + 20), {**step("urgent", "a"), "priority": "critical"}])

    progress = shelf.record(shelf.take("a"))

    assert "urgent" in [hop.step for hop in progress.hops]


def held_back(shelf: Shelf) -> int:
    return sum(
        state == "ready" and shelf.column("queued_at")[name] is None
        for name, state in shelf.column("state").items()
    )


def test_a_pool_with_fewer_messages_than_processes_is_given_more_of_a_crowd(shelves: Any) -> None:
    shelf = shelves(crowd(WINDOW + 20))
    shelf.record(shelf.take("a"))
    for number in range(2, 11):
        shelf.register(f"w{number}")

    given = idle_pools.widen(shelf.ledger)

    # Two messages for each of ten processes, which come after those that are held back.
    last = [f"s{n:03}" for n in range(9, 27)]
    assert sorted(each.step for each in given) == last
    assert held_back(shelf) == WINDOW


def test_a_pool_with_enough_to_do_is_given_no_more(shelves: Any) -> None:
    shelf = shelves(crowd(WINDOW + 20))
    shelf.record(shelf.take("a"))

    assert idle_pools.widen(shelf.ledger) == []


def test_a_pool_that_is_paused_is_given_no_more(shelves: Any) -> None:
    shelf = shelves(crowd(WINDOW + 20))
    shelf.record(shelf.take("a"))
    for number in range(2, 41):
        shelf.register(f"w{number}")
    shelf.pause_pool()

    assert idle_pools.widen(shelf.ledger) == []
