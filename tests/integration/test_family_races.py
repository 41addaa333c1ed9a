"""Runs and the runs they began: which is whose, and what comes while somebody changes them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from orchestrator import Priority, RunState
from orchestrator.clock import now
from orchestrator.ledger import Ledger, submission
from orchestrator.ledger.flow import children
from orchestrator.ledger.flow.starting import start_run
from orchestrator.ledger.locked import lock
from orchestrator.ledger.submission import Submission
from tests.integration.book import Book, step
from tests.integration.verbs import Operate, Operated
from tests.waiting import eventually


def test_a_step_waits_for_the_child_it_began_last_whatever_the_clocks_say(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_first = iter(("f" * 27, "0" * 27)).__next__
    monkeypatch.setattr(submission, "new_run_id", later_first)

    with book.ledger.write() as connection:
        _begin_child(connection, book)
        last = _begin_child(connection, book)
        awaited = children.newest(connection, (book.run_id, "a"))

    assert awaited is not None
    assert awaited.id == last


def test_a_child_that_begins_while_its_parent_is_cancelled_is_cancelled_too(
    postgres_ledger_url: str,
) -> None:
    book = Operated(postgres_ledger_url, [step("a")])
    with ThreadPoolExecutor(1) as thread:
        with book.ledger.write() as connection:
            lock(connection, book.run_id, exclusive=True)
            cancelling = thread.submit(book.stop_all)
            eventually(lambda: _waits_for_a_lock(book.ledger))
            child = _begin_child(connection, book)

        told = cancelling.result(20)

    assert [progress.run_id for progress in told] == [child, book.run_id]
    book.ledger.close()


def test_a_child_that_is_retried_while_its_parent_is_paused_goes_on_with_it(
    operate: Operate, ledger_url: str
) -> None:
    book = operate([step("a")])
    with book.ledger.write() as connection:
        run_id = _begin_child(connection, book)
        children.wait(connection, book.run_id, "a", run_id, "book")
        start_run(connection, book.run_id, now())
    child = Operated(ledger_url, [step("a")], run_id)
    child.failed("a")
    book.pause()

    assert child.retry()

    assert child.state() == RunState.PAUSED
    book.resume()
    assert child.state() == RunState.RUNNING
    child.ledger.close()


def _begin_child(connection: sa.Connection, book: Book) -> str:
    parent = (book.run_id, "a")
    asked = Submission(book.workflow, book.plan, {}, Priority.NORMAL, None, parent=parent)
    run_id, _ = submission.insert(connection, asked)
    return run_id


def _waits_for_a_lock(ledger: Ledger) -> bool:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ledger.read() as connection:
        return bool(connection.execute(waiting).scalar_one())
