"""The verbs on runs whose steps are undone."""

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused
from tests.integration.book import step
from tests.integration.verbs import Operate, Operated

UNDO = {"compensate": {"task": "toy.note"}}


@pytest.fixture
def failed(operate: Operate) -> Operated:
    """Steps a and b, which can be undone, and c, which failed after them."""
    book = operate([step("a") | UNDO, step("b", "a") | UNDO, step("c", "b"), step("z", "a")])
    book.done("a", "b", "z")
    book.failed("c")
    return book


def test_what_was_undone_is_done_again_and_makes_a_new_effect(failed: Operated) -> None:
    failed.done("b.undo", "a.undo")
    assert failed.state() == RunState.FAILED

    assert failed.retry()

    states = failed.states()
    assert (states["a"], states["b"], states["c"]) == ("ready", "pending", "pending")
    assert states["z"] == "succeeded"  # it has nothing to undo, so what it did stands
    assert failed.take("a", attempt=2).undoings == 1
    failed.settle()
    assert failed.state() == RunState.RUNNING


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
