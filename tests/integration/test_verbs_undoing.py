"""The verbs on runs whose steps are undone."""

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused
from orchestrator.ledger.flow.refusals import Refusal
from tests.integration.book import step
from tests.integration.verbs import TOLERATED, Operate, Operated

UNDO = {"compensate": {"task": "toy.note"}}


@pytest.fixture
def failed(operate: Operate) -> Operated:
    """Steps a and b, which can be undone, and c, which failed after them; z is beside them."""
    book = operate([step("a") | UNDO, step("b", "a") | UNDO, step("c", "b"), step("z")])
    book.done("a", "b", "z")
    book.failed("c")
    return book


def test_what_was_undone_is_done_again_and_makes_a_new_effect(failed: Operated) -> None:
    failed.done("b.undo", "a.undo")
    assert failed.state() == RunState.FAILED

    assert failed.retry()

    states = failed.states()
    assert (states["a"], states["b"], states["c"]) == ("ready", "pending", "pending")
    assert states["z"] == "succeeded"  # it does not rest on them
    assert failed.take("a", attempt=2).undoings == 1
    failed.settle()
    assert failed.state() == RunState.RUNNING


@pytest.fixture
def sold(operate: Operate) -> Operated:
    """What was reserved was checked, and is free again because the charge failed."""
    book = operate([step("reserve") | UNDO, step("check", "reserve"), step("charge", "check")])
    book.done("reserve", "check")
    book.failed("charge")
    book.done("reserve.undo")
    return book


def test_what_rests_on_an_undone_step_is_done_again_after_it(sold: Operated) -> None:
    sold.retry()

    assert sold.states() == {
        "reserve": "ready",
        "check": "pending",
        "charge": "pending",
        "reserve.undo": "succeeded",
    }
    assert sold.claim("charge", attempt=2) is Refusal.TOO_EARLY
    sold.done("reserve")
    assert sold.take("check", attempt=2).undoings == 1  # what it found out is void: another key
    assert sold.told() is None


def test_so_it_is_when_a_step_is_skipped(sold: Operated) -> None:
    sold.skip("charge")

    assert sold.states()["check"] == "pending"
    sold.done("reserve", "check")
    sold.settle()
    assert sold.state() == RunState.SUCCEEDED


def test_a_map_that_rests_on_an_undone_step_begins_anew(operate: Operate) -> None:
    each = step("m", "a") | {"map": [1, 2]}
    book = operate([step("a") | UNDO, each, step("z", "m")])
    book.done("a")
    book.begin("m", [1, 2])
    book.done("m[0]", "m[1]")
    book.failed("z")
    book.done("a.undo")

    book.retry()

    assert book.states() == {"a": "ready", "m": "pending", "z": "pending", "a.undo": "succeeded"}
    assert book.told() is None


def test_an_element_of_a_map_that_begins_anew_is_not_skipped(operate: Operate) -> None:
    book = operate([step("a") | UNDO, step("m", "a") | {"map": [1, 2]}])
    book.done("a")
    book.begin("m", [1, 2])
    book.done("m[0]")
    book.failed("m[1]")
    book.done("a.undo")

    with pytest.raises(Refused, match=r"step 'a' is done again, and map 'm' after it, whose list"):
        book.skip("m[1]")

    assert book.state() == RunState.FAILED


def test_what_could_not_be_undone_is_not_made_twice_unawares(failed: Operated) -> None:
    failed.failed("b.undo", TOLERATED)
    failed.done("a.undo")

    with pytest.raises(Refused, match="'b' followed step 'a', which was undone, but what it did"):
        failed.retry()

    assert failed.skip("a")
    states = failed.states()
    assert (states["a"], states["b"], states["c"]) == ("skipped", "succeeded", "ready")


def test_a_map_that_somebody_skipped_stays_so_though_its_elements_were_undone(
    operate: Operate,
) -> None:
    book = operate([step("m") | {"map": [1]} | UNDO, step("x", "m"), step("y", "x")])
    book.begin("m", [1])
    book.done("m[0]")
    book.failed("x")
    book.done("m[0].undo")
    book.skip("m")
    book.done("x")
    book.failed("y")

    book.retry()

    assert (book.states()["m"], book.states()["x"]) == ("skipped", "succeeded")


def test_a_run_is_not_retried_while_it_is_undone(failed: Operated) -> None:
    failed.done("b.undo")

    with pytest.raises(Refused, match="is about to be failed: wait until it is"):
        failed.retry()


def test_an_undoing_that_nobody_can_do_is_skipped(failed: Operated) -> None:
    assert failed.skip("b.undo")

    assert failed.state() == RunState.RUNNING
    failed.done("a.undo")
    assert failed.state() == RunState.FAILED
    assert failed.column("undone_at")["b"] is None
    assert failed.column("undone_at")["a"] is not None


def test_an_undoing_is_not_stopped_with_its_run(failed: Operated) -> None:
    held = failed.take("b.undo")

    assert failed.stop_all() == ()

    failed.record(held)
    assert failed.column("undone_at")["b"] is not None


def test_an_undoing_is_not_retried_by_itself(failed: Operated) -> None:
    with pytest.raises(Refused, match=r"'b.undo' undoes a step: retry 'b' itself"):
        failed.retry("b.undo")
