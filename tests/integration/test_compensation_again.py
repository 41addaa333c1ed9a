"""Undoings survive what steps survive: lost workers, held back runs, and a retry by hand."""

from typing import Any

import sqlalchemy as sa

from orchestrator import Attempt, StepState
from orchestrator.ledger import views
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.tables import runs, steps
from tests.integration.book import Book
from tests.integration.undone import FAILED, NOT_UNDONE, Open, fail, step, undoable


def change(book: Book, name: str, **values: Any) -> None:
    with book.ledger.write() as connection:
        connection.execute(sa.update(steps).where(steps.c.name == name).values(**values))


def retry(book: Book, *names: str) -> None:
    book.change(runs, state="running", ending=None, error=None, ended_at=None)
    for name in names:
        change(book, name, state=StepState.QUEUED, undone_at=None, ended_at=None)


def test_an_undoing_whose_worker_is_lost_is_tried_again(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")
    fail(book, "b")
    book.register("doomed", lease=-1)
    change(book, "a.undo", worker="doomed", state=StepState.RUNNING, token="t", attempts=1)

    lost = next(s for s in rescue.silent(book.ledger, grace=0) if s.held.step == "a.undo")

    assert rescue.give_back(book.ledger, lost)
    assert book.column("state")["a.undo"] == StepState.READY


def test_the_steps_of_a_session_are_undone_without_its_leave(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")
    fail(book, "b")
    book.change(runs, gated=True)
    change(book, "a.undo", state=StepState.READY)

    assert book.take("a.undo").step == "a.undo"


def test_what_is_done_again_is_undone_again_under_another_key(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")
    fail(book, "b")
    first = book.take("a.undo")
    book.record(first)
    retry(book, "a", "b")

    done = book.take("a", attempt=2)
    book.record(done)
    book.record(book.take("b", attempt=2), FAILED)
    (nearer,) = book.settle().hops

    second = book.take(nearer.step, nearer.attempt)
    assert (second.attempt, second.failures) == (2, 0)
    keys = [Attempt(c.run_id, c.step, c.attempt, c.undoings).key for c in (first, done, second)]
    assert keys == [f"{book.run_id}:{end}" for end in ("a.undo", "a:2", "a.undo:2")]
    book.record(second)
    assert book.column("undoings")["a"] == 2
    assert views.run(book.ledger, book.run_id).undone == ("a",)


def test_what_failed_to_be_undone_is_tried_under_the_same_key(open_book: Open) -> None:
    book = open_book([undoable("a"), step("b", "a")])
    book.finish("a")
    fail(book, "b")
    first = book.take("a.undo")
    book.record(first, NOT_UNDONE)
    retry(book, "b")

    book.record(book.take("b", attempt=2), FAILED)
    (nearer,) = book.settle().hops

    second = book.take(nearer.step, nearer.attempt)
    assert (second.attempt, second.undoings) == (2, first.undoings)
    assert views.list_steps(book.ledger, book.run_id)[-1].error is None
