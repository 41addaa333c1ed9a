"""Cancelling a run that comes to its end already: its undoings alone are left to be stopped."""

import datetime as dt

import pytest

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger import views
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.tables import workers
from orchestrator.ledger.verbs import cancelling
from tests.integration.undone import step, undoable
from tests.integration.verbs import WHO, Operate, Operated

ONCE_MORE = Outcome(StepState.WAITING, failure=Failure("Busy", "later"), due_in=0)


@pytest.fixture
def undoing(operate: Operate) -> Operated:
    """A run that failed, and is about to undo c, b and a."""
    book = operate([undoable("a"), undoable("b", "a"), undoable("c", "b"), step("d", "c")])
    book.done("a", "b", "c")
    book.failed("d")
    return book


def cancel(book: Operated, *, compensate: bool) -> tuple[Progress, ...]:
    return cancelling.cancel_family(
        book.ledger, book.run_id, book.plans, compensate=compensate, **WHO
    )


def left(book: Operated) -> tuple[tuple[str, ...], tuple[str, ...]]:
    run = views.run(book.ledger, book.run_id)
    return run.undone, run.stands


def test_there_is_nothing_to_cancel_in_a_run_that_is_undone(undoing: Operated) -> None:
    assert cancel(undoing, compensate=True) == ()
    assert views.run(undoing.ledger, undoing.run_id).ending is RunState.FAILED

    undoing.done("c.undo", "b.undo", "a.undo")

    assert left(undoing) == (("c", "b", "a"), ())
    assert views.run(undoing.ledger, undoing.run_id).ending is None


def test_the_undoing_that_runs_finishes_and_no_other_begins(undoing: Operated) -> None:
    held = undoing.take("c.undo")

    assert cancel(undoing, compensate=False)
    assert undoing.state() == RunState.RUNNING

    assert undoing.record(held).run_state is RunState.FAILED
    stands = ("a (undoing cancelled: to see)", "b (undoing cancelled: to see)")
    assert left(undoing) == (("c",), stands)
    assert undoing.told() is None


def test_a_run_none_of_whose_undoings_runs_ends_at_once(undoing: Operated) -> None:
    (told,) = cancel(undoing, compensate=False)

    assert told.run_state is RunState.FAILED
    assert undoing.claim("c.undo") is Refusal.GONE
    assert left(undoing)[0] == ()
    assert undoing.told() is None


def test_it_is_written_down_with_who_and_why_and_takes_effect_once(undoing: Operated) -> None:
    held = undoing.take("c.undo")
    cancel(undoing, compensate=False)

    assert cancel(undoing, compensate=False) == ()

    assert undoing.said("run.let_stand") == WHO
    assert undoing.said("step.cancelled") == WHO
    undoing.record(held)


def test_an_undoing_that_fails_then_is_not_tried_again(undoing: Operated) -> None:
    held = undoing.take("c.undo")
    cancel(undoing, compensate=False)

    undoing.record(held, ONCE_MORE)

    assert undoing.states()["c.undo"] == StepState.FAILED
    assert undoing.state() == RunState.FAILED


def test_an_undoing_that_waits_for_its_next_attempt_has_no_more(undoing: Operated) -> None:
    undoing.record(undoing.take("c.undo"), ONCE_MORE)

    cancel(undoing, compensate=False)

    assert undoing.states()["c.undo"] == StepState.CANCELLED
    assert undoing.state() == RunState.FAILED


def test_an_undoing_whose_worker_is_lost_then_is_not_given_to_another(undoing: Operated) -> None:
    undoing.take("c.undo")
    cancel(undoing, compensate=False)
    undoing.change(workers, lease_until=now() - dt.timedelta(seconds=1))
    (silent,) = rescue.silent(undoing.ledger, grace=0)

    rescue.give_back(undoing.ledger, silent)
    undoing.settle()

    assert undoing.states()["c.undo"] == StepState.CANCELLED
    assert undoing.state() == RunState.FAILED


def test_while_steps_still_run_it_is_not_too_late(operate: Operate) -> None:
    book = operate([undoable("a"), step("b", "a"), step("c")])
    book.done("a")
    held = book.take("c")
    book.failed("b")

    assert cancel(book, compensate=False)
    book.record(held)
    book.settle()

    assert left(book) == ((), ("a (was not to be undone)",))


def test_what_stands_is_kept_by_a_retry_and_undone_after_the_next_failure(
    undoing: Operated,
) -> None:
    cancel(undoing, compensate=False)

    undoing.retry()
    assert undoing.states()["c"] == StepState.SUCCEEDED
    undoing.failed("d")

    undoing.done("c.undo", "b.undo", "a.undo")
    assert left(undoing) == (("c", "b", "a"), ())
    assert undoing.told() is None
