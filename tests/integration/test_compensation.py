"""What is undone when a run does not succeed, in which order, and what stands."""

import datetime as dt

import sqlalchemy as sa

from orchestrator import StepState
from orchestrator.clock import now
from orchestrator.ledger import views
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs import cancelling
from tests.integration.undone import NOT_UNDONE, Open, fail, step, undo_all, undoable


def test_the_last_step_to_be_done_is_undone_first(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b", "a"), undoable("c", "a"), step("d", "b", "c")])
    for name in ("a", "c", "b"):
        book.finish(name)

    undone = undo_all(book, fail(book, "d"))

    assert undone == ["b.undo", "c.undo", "a.undo"]
    run = views.run(book.ledger, book.run_id)
    assert run.undone == ("b", "c", "a")
    assert run.error == "step 'd' failed: Broken: it broke; undone: b, c, a"
    assert book.state() == "failed"


def test_the_order_is_the_logs_where_clocks_disagree(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b", "a"), step("c", "b")])
    book.finish("a")
    book.finish("b")
    with book.ledger.write() as connection:
        ahead = sa.update(steps).where(steps.c.name == "a")
        connection.execute(ahead.values(ended_at=now() + dt.timedelta(seconds=60)))

    assert undo_all(book, fail(book, "c")) == ["b.undo", "a.undo"]


def test_one_is_undone_after_the_other_each_with_its_own_result(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b"), step("c", "a", "b")])
    book.finish("a", Outcome(StepState.SUCCEEDED, result='"made by a"'))
    book.finish("b")

    (first,) = fail(book, "c").hops

    assert first.step == "b.undo"
    assert book.column("state")["a.undo"] == StepState.PENDING
    (second,) = book.record(book.take("b.undo")).hops
    assert book.take(second.step).results == {"a": '"made by a"'}


def test_nothing_is_undone_while_a_running_step_may_add_to_it(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b"), step("c")])
    book.finish("a")
    running = book.take("b")

    assert fail(book, "c").hops == ()
    assert "a.undo" not in book.column("state")

    book.record(running)
    assert undo_all(book, book.settle()) == ["b.undo", "a.undo"]


def test_an_irrevocable_step_stands_and_so_does_what_led_to_it(open_book: Open) -> None:
    book = open_book(
        [
            undoable("reserve"),
            step("mail", "reserve", irrevocable=True),
            undoable("other"),
            undoable("book", "mail"),
            step("ship", "book", "other"),
        ]
    )
    for name in ("reserve", "mail", "other", "book"):
        book.finish(name)

    assert undo_all(book, fail(book, "ship")) == ["book.undo", "other.undo"]

    run = views.run(book.ledger, book.run_id)
    assert run.stands == (
        "reserve (led to mail, which is irrevocable)",
        "mail (irrevocable)",
    )
    assert run.error is not None
    assert run.error.endswith(f"undone: book, other; stands: {', '.join(run.stands)}")


def test_a_point_of_no_return_that_was_not_reached_holds_nothing(open_book: Open) -> None:
    book = open_book([undoable("a"), step("mail", "a", irrevocable=True)])
    book.finish("a")

    assert undo_all(book, fail(book, "mail")) == ["a.undo"]
    assert views.run(book.ledger, book.run_id).stands == ()


def test_an_undoing_that_fails_is_told_and_the_next_goes_on(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b", "a"), step("c", "b")])
    book.finish("a")
    book.finish("b")
    fail(book, "c")

    progress = book.finish("b.undo", NOT_UNDONE)

    assert undo_all(book, progress) == ["a.undo"]
    run = views.run(book.ledger, book.run_id)
    assert run.undone == ("a",)
    assert run.stands == ("b (undoing failed: Refused: too late)",)
    assert run.warnings == ("b.undo: Refused: too late",)
    assert book.state() == "failed"


def test_a_cancelled_run_is_undone_too(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")

    assert undo_all(book, book.cancel()) == ["a.undo"]

    assert book.state() == "cancelled"
    assert views.run(book.ledger, book.run_id).error == "undone: a"


def test_a_cancel_may_leave_everything_as_it_is(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")

    cancelling.cancel(
        book.ledger, book.run_id, book.plan_of, by="a test", reason="", compensate=False
    )

    assert book.state() == "cancelled"
    assert views.run(book.ledger, book.run_id).stands == ("a (was not to be undone)",)


def test_a_run_that_succeeds_undoes_nothing(open_book: Open) -> None:
    book = open_book([undoable("a")])

    progress = book.finish("a")

    assert progress.run_state == "succeeded"
    assert list(book.column("state")) == ["a"]


def test_a_step_that_could_not_say_how_it_ended_is_in_doubt(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b"), step("c", irrevocable=True)])
    book.finish("a", Outcome(StepState.FAILED, failure=Failure("StepTimedOut", ""), critical=False))
    book.finish("c", Outcome(StepState.FAILED, failure=Failure("WorkersLost", "")))
    book.settle()

    assert views.run(book.ledger, book.run_id).stands == (
        "a (in doubt: it timed out)",
        "c (in doubt: its worker was lost)",
    )


def test_a_step_that_was_stopped_is_in_doubt(open_book: Open) -> None:
    book = open_book([undoable("a"), undoable("b")])
    book.finish("a")
    book.take("b")

    (told,) = cancelling.cancel_family(
        book.ledger, book.run_id, book.plan_of, by="a test", reason="enough", stop=True
    )

    (undoing,) = told.hops
    book.register("w2")  # the other was stopped with its step
    book.record(book.take(undoing.step, worker="w2"))
    run = views.run(book.ledger, book.run_id)
    assert run.stands == ("b (in doubt: it was stopped while it ran)",)


def test_many_steps_are_counted_in_the_sentence_and_named_in_the_run(open_book: Open) -> None:
    names = [f"s{n:02}" for n in range(12)]
    book = open_book([*map(undoable, names), step("end", *names)])
    for name in names:
        book.finish(name)

    undo_all(book, fail(book, "end"))

    run = views.run(book.ledger, book.run_id)
    assert run.undone == tuple(reversed(names))
    assert run.error is not None
    assert run.error.endswith("s04, s03, s02, and 2 more")
