"""Maps and the verbs: elements that succeeded keep what they gave."""

from typing import Any

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused
from tests.integration.book import step
from tests.integration.verbs import TOLERATED, Operate, Operated


def mapped(**policy: Any) -> list[dict[str, Any]]:
    over = {"over": [10, 20, 30], **policy}
    return [step("a"), step("m", "a") | {"map": over}, step("z", "m")]


@pytest.fixture
def book(operate: Operate) -> Operated:
    made = operate(mapped())
    made.done("a")
    made.begin("m", [10, 20, 30])
    return made


def test_elements_that_succeeded_keep_their_results(book: Operated) -> None:
    book.done("m[0]")
    book.failed("m[1]")
    assert book.state() == RunState.FAILED

    assert book.retry()

    assert book.states() == {
        "a": "succeeded",
        "m": "waiting",
        "m[0]": "succeeded",
        "m[1]": "ready",
        "m[2]": "ready",
        "z": "pending",
    }
    book.done("m[1]", "m[2]", "z")
    assert book.column("result")["m"] == "[1,1,1]"
    assert book.state() == RunState.SUCCEEDED


def test_an_element_is_retried_by_its_name(book: Operated) -> None:
    book.done("m[0]", "m[1]", "m[2]", "z")

    assert book.retry("m[1]")

    assert book.states()["m[1]"] == "ready"
    assert book.states()["z"] == "succeeded"
    book.done("m[1]")
    assert book.state() == RunState.SUCCEEDED


def test_a_map_that_succeeded_begins_anew_when_it_is_named(book: Operated) -> None:
    book.done("m[0]", "m[1]", "m[2]", "z")

    assert book.retry("m")

    assert "m[0]" not in book.states()
    book.begin("m", [40])
    assert book.take("m[0]").undoings == 1  # another element under that name: another key


def test_a_map_whose_list_may_be_another_begins_anew(book: Operated) -> None:
    book.done("m[0]", "m[1]", "m[2]", "z")

    book.retry("a", onwards=True)

    assert book.states() == {"a": "ready", "m": "pending", "z": "pending"}


def test_a_failed_map_goes_on_without_the_element_that_failed_it(book: Operated) -> None:
    book.done("m[0]", "m[2]")
    book.failed("m[1]")

    assert book.skip("m[1]")

    assert book.states()["m"] == "succeeded"
    assert book.column("result")["m"] == "[1,null,1]"
    book.done("z")
    assert book.state() == RunState.SUCCEEDED


def test_a_cancelled_map_whose_elements_all_ended_gives_what_they_gave(book: Operated) -> None:
    held = [book.take(f"m[{index}]") for index in range(3)]
    book.cancel()
    for claimed in held:
        book.record(claimed)
    book.settle()
    assert book.states()["m"] == "cancelled"

    book.retry()

    assert book.column("result")["m"] == "[1,1,1]"
    book.done("z")
    assert book.state() == RunState.SUCCEEDED


def test_a_waiting_map_is_skipped_with_its_elements(book: Operated) -> None:
    running = book.take("m[0]")

    book.skip("m")

    states = book.states()
    assert (states["m"], states["m[1]"], states["z"]) == ("skipped", "cancelled", "queued")
    book.record(running)
    book.done("z")
    book.settle()
    assert book.state() == RunState.SUCCEEDED


def test_no_more_elements_start_again_than_the_limit_allows(operate: Operate) -> None:
    book = operate(mapped(limit=1, on_error="gather"))
    book.done("a")
    book.begin("m", [10, 20, 30])
    for index in range(3):
        book.failed(f"m[{index}]", TOLERATED)

    assert book.retry("m")

    states = book.states()
    assert [states[f"m[{index}]"] for index in range(3)] == ["ready", "pending", "pending"]


def test_an_element_of_a_map_that_goes_on_waits_for_its_end(operate: Operate) -> None:
    book = operate(mapped(on_error="gather"))
    book.done("a")
    book.begin("m", [10, 20])
    book.failed("m[0]", TOLERATED)

    with pytest.raises(Refused, match="is of a map that goes on: wait until that has ended"):
        book.retry("m[0]")


def test_an_element_that_runs_on_after_its_map_may_be_the_last_of_its_run(book: Operated) -> None:
    runs_on = book.take("m[0]")
    book.skip("m")
    book.done("z")
    assert book.state() == RunState.RUNNING

    assert book.record(runs_on).settle

    book.settle()
    assert book.state() == RunState.SUCCEEDED
