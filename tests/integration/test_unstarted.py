"""A step that waits for a worker longer than it may fails, and says so."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger import events
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.upkeep import unstarted
from orchestrator.ledger.verbs import pausing
from tests.integration.book import Book, step
from tests.integration.installation import Factory

IMPATIENT = {"start_within": 60}


@pytest.fixture
def book(ledger_url: str) -> Iterator[Book]:
    """A step that may wait for a minute, one that may wait for ever, and one after both."""
    made = Book(ledger_url, [step("a") | IMPATIENT, step("b"), step("c", "a", "b")])
    made.register("w1")
    yield made
    made.ledger.close()


def waited(book: Book, seconds: float) -> None:
    """Let every step have waited for a worker since so many seconds."""
    ago = now() - dt.timedelta(seconds=seconds)
    book.change(steps, ready_at=ago, queued_at=ago)


def given_up(book: Book) -> list[Progress | None]:
    return [
        unstarted.give_up(book.ledger, run_id, name, book.plan_of)
        for run_id, name in unstarted.unstarted(book.ledger)
    ]


def error(book: Book) -> Any:
    with book.ledger.read() as connection:
        return connection.execute(sa.select(runs.c.error)).scalar()


def test_a_step_that_waited_too_long_fails_its_run(book: Book) -> None:
    waited(book, 61)

    done = given_up(book)

    assert [progress.settle for progress in done if progress] == [True]
    assert book.column("state") == {"a": "failed", "b": "cancelled", "c": "cancelled"}
    assert error(book) == (
        "step 'a' failed: NotStarted: step 'a' waited 1 min 1 s for a worker of pool 'toy', "
        "and it may wait 1 min"
    )


@pytest.mark.parametrize("state", [StepState.READY, StepState.QUEUED])
def test_it_fails_whether_its_message_was_sent_or_not(book: Book, state: StepState) -> None:
    waited(book, 61)
    book.change(steps, state=state)

    given_up(book)

    assert book.column("state")["a"] == "failed"


def test_it_does_not_fail_a_moment_too_early(book: Book) -> None:
    waited(book, 58)

    assert given_up(book) == []


def test_a_failure_that_is_not_critical_is_a_warning(ledger_url: str) -> None:
    book = Book(ledger_url, [step("a") | IMPATIENT | {"critical": False}, step("b", "a")])
    waited(book, 61)

    (progress,) = given_up(book)

    assert progress is not None
    assert [hop.step for hop in progress.hops] == ["b"]
    assert book.column("state") == {"a": "failed", "b": "queued"}
    book.ledger.close()


def test_a_step_that_a_worker_has_taken_does_not_fail(book: Book) -> None:
    waited(book, 61)
    found = unstarted.unstarted(book.ledger)
    book.take("a")

    assert unstarted.give_up(book.ledger, *found[0], book.plan_of) is None
    assert book.column("state")["a"] == "running"


def test_a_new_attempt_after_a_backoff_waits_anew(book: Book) -> None:
    waited(book, 61)
    book.change(steps, ready_at=now())

    assert given_up(book) == []


def test_while_the_run_is_paused_it_does_not_fail(book: Book) -> None:
    waited(book, 61)
    book.change(runs, state=RunState.PAUSED)

    assert given_up(book) == []


def test_after_a_pause_of_the_run_it_waits_anew(book: Book) -> None:
    waited(book, 61)
    with book.ledger.write() as connection:
        events.append(connection, "run.resumed", book.run_id, by="a test")

    assert given_up(book) == [None]


def test_while_its_pool_is_paused_it_does_not_fail_and_after_that_waits_anew(book: Book) -> None:
    waited(book, 61)
    pausing.hold(book.ledger, "pool", "toy", by="a test", reason="repairs")

    assert given_up(book) == []
    pausing.let_go(book.ledger, "pool", "toy", by="a test", reason="repaired")
    assert given_up(book) == [None]


def test_maintenance_fails_what_nobody_starts(install: Factory) -> None:
    toy = install()
    toy.start_maintenance()

    run = toy.run([{"name": "alone", "task": "toy.note", "start_within": 0.5}])

    assert run.state is RunState.FAILED
    assert (run.error or "").startswith("step 'alone' failed: NotStarted: ")
