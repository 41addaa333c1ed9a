"""An undoing that somebody skips: the others still come one after the other, and all of them."""

from orchestrator import RunState, StepState
from tests.integration.undone import step, undoable
from tests.integration.verbs import Operate, Operated


def test_skipping_an_undoing_before_its_turn_starts_no_other(operate: Operate) -> None:
    book = _undoing(operate, "a", "b", "c")

    (told,) = book.skip("b.undo")

    assert told.hops == ()
    assert book.states()["a.undo"] == StepState.PENDING
    assert [nearer.step for nearer in book.finish("c.undo").hops] == ["a.undo"]


def test_skipping_the_last_undoing_does_not_end_the_run_before_the_one_at_work(
    operate: Operate,
) -> None:
    book = _undoing(operate, "a", "b")
    at_work = book.take("b.undo")

    book.skip("a.undo")

    assert book.state() == RunState.RUNNING
    assert book.record(at_work).run_state is RunState.FAILED
    assert book.column("undone_at")["a"] is None
    assert book.column("undone_at")["b"] is not None


def test_skipping_the_undoing_whose_turn_it_is_lets_the_next_come(operate: Operate) -> None:
    book = _undoing(operate, "a", "b")

    (told,) = book.skip("b.undo")

    assert [nearer.step for nearer in told.hops] == ["a.undo"]


def _undoing(operate: Operate, *names: str) -> Operated:
    """Begin to undo a run that has done these steps one after the other, and then failed."""
    chain = [undoable(name, *names[:place][-1:]) for place, name in enumerate(names)]
    book = operate([*chain, step("breaks", names[-1])])
    book.done(*names)
    book.failed("breaks")
    return book
