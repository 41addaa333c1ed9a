"""Nothing is starved, and nothing that is urgent is disturbed by what has not waited."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from orchestrator import Priority, Run, RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import events, steps, workers
from orchestrator.ledger.upkeep import raising
from tests.integration.book import Book, step
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

BOUND = 5.0
NAP = {"task": "toy.note", "inputs": {"seconds": 0.1}}


@contextmanager
def endless(toy: Installation, priority: Priority) -> Iterator[list[Run]]:
    """Keep the pool's queue of a priority from ever being empty."""
    enough = threading.Event()
    begun: list[Run] = []
    burst = [{"name": f"s{n}", **NAP} for n in range(20)]

    def produce() -> None:
        while not enough.wait(0.2):
            # Each is a second of work: on a busy machine this may be late by some of them.
            waiting = sum(run_is_open(toy, run) for run in begun[-8:])
            if waiting < 6:
                begun.append(toy.submit(burst, priority=priority))

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        eventually(lambda: begun and toy.diary(begun[0], "start"))
        yield begun
    finally:
        enough.set()
        producer.join()


def run_is_open(toy: Installation, run: Run) -> bool:
    return not toy.coordinator.run(run.id).state.is_final


def test_a_background_step_starts_within_the_bound_under_endless_critical_load(
    install: Factory,
) -> None:
    toy = install(starvation_seconds=BOUND)
    toy.start_pool()
    toy.start_maintenance()

    with endless(toy, Priority.CRITICAL) as urgent:
        run = toy.submit([{"name": "patient", "task": "toy.note"}], priority=Priority.BACKGROUND)
        begun = now().timestamp()
        started = toy.until_started(run, "patient", within=4 * BOUND)
        still = [r for r in urgent if run_is_open(toy, r)]

    assert still, "the load was not endless"
    assert BOUND / 2 < started.at - begun < BOUND + 3  # 4.6 to 4.7 s on an idle machine
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert len(toy.diary(run, "start")) == 1  # the copies that were left behind were dropped


@pytest.fixture
def waiting(ledger_url: str) -> Iterator[Book]:
    """A pool of one process, and a backlog of BACKGROUND steps, the last one the oldest."""
    book = Book(ledger_url, [step(f"s{n}") for n in range(10)])
    book.register("w1")
    background = sa.update(steps).values(state="queued", priority=Priority.BACKGROUND)
    with book.ledger.write() as connection:
        for n in range(10):
            at = now() - dt.timedelta(hours=1, seconds=n)
            connection.execute(
                background.where(steps.c.name == f"s{n}").values(ready_at=at, queued_at=at)
            )
    yield book
    book.ledger.close()


def raised(book: Book) -> list[tuple[str, int]]:
    return [(d.step, d.level) for d in raising.raise_aged(book.ledger, bound=600)]


def test_of_a_backlog_that_is_older_than_the_bound_one_step_is_raised(waiting: Book) -> None:
    assert raised(waiting) == [("s9", 0)]
    assert raised(waiting) == []
    assert [name for name, boost in waiting.column("boost").items() if boost] == ["s9"]


def test_the_next_is_raised_when_it_is_done_and_not_before(waiting: Book) -> None:
    raised(waiting)
    claimed = waiting.take("s9")

    assert raised(waiting) == []
    waiting.record(claimed)
    assert raised(waiting) == [("s8", 0)]


def test_a_step_whose_message_was_sent_again_keeps_what_it_has_waited(waiting: Book) -> None:
    with waiting.ledger.write() as connection:
        again = sa.update(steps).where(steps.c.name == "s9").values(queued_at=now())
        connection.execute(again)

    assert raised(waiting) == [("s9", 0)]


def test_the_log_says_that_a_step_was_raised(waiting: Book) -> None:
    raised(waiting)

    with waiting.ledger.read() as connection:
        said = connection.execute(sa.select(events).where(events.c.name == "step.raised")).one()
    assert (said.step, json.loads(said.detail)) == ("s9", {"levels": 5})


def test_what_has_not_waited_is_not_raised(waiting: Book) -> None:
    waiting.change(steps, ready_at=now())

    assert raised(waiting) == []


def test_a_pool_without_workers_raises_nothing(waiting: Book) -> None:
    waiting.change(workers, pool="other")

    assert raised(waiting) == []


def test_an_attempt_that_failed_has_waited_no_more(waiting: Book) -> None:
    raised(waiting)
    retried = Outcome(StepState.WAITING, failure=Failure("E", "no"), due_in=60)

    waiting.record(waiting.take("s9"), retried)

    assert waiting.column("boost")["s9"] == 0
