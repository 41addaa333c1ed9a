"""The feed of events misses none and gives each once, in whatever order they are committed."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger, events
from orchestrator.ledger.tables import events as log
from orchestrator.listening.event_feed import EventFeed
from tests.waiting import eventually


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    made = Ledger(ledger_url)
    yield made
    made.close()


@pytest.fixture
def shared_ledger(postgres_ledger_url: str) -> Iterator[Ledger]:
    """One in which several transactions write at a time."""
    made = Ledger(postgres_ledger_url)
    yield made
    made.close()


def write(ledger: Ledger, *runs: str) -> None:
    with ledger.write() as connection:
        for run in runs:
            events.append(connection, "run.started", run)


@contextmanager
def uncommitted(ledger: Ledger, run: str) -> Iterator[sa.Transaction]:
    """Write an event, and leave open whether it is committed."""
    with ledger.engine.connect() as connection, connection.begin() as transaction:
        events.append(connection, "run.started", run)
        yield transaction


def given(feed: EventFeed) -> list[str]:
    return [event.run_id for event in feed.read()]


def test_what_is_written_is_given_once_and_in_order(ledger: Ledger) -> None:
    write(ledger, "old")
    feed = EventFeed.from_now(ledger)

    write(ledger, "a", "b")
    write(ledger, "c")

    assert given(feed) == ["a", "b", "c"]
    assert given(feed) == []


def test_who_reads_little_at_a_time_gets_all_of_it(ledger: Ledger) -> None:
    feed = EventFeed(ledger, after=0)
    write(ledger, *"abcde")

    parts = [[event.run_id for event in feed.read(limit=2)] for _ in range(4)]

    assert parts == [["a", "b"], ["c", "d"], ["e"], []]
    assert feed.settled == 5


def test_an_event_that_is_committed_late_is_given_after_those_that_overtook_it(
    shared_ledger: Ledger,
) -> None:
    feed = EventFeed.from_now(shared_ledger)
    with uncommitted(shared_ledger, "late") as open_transaction:
        write(shared_ledger, "early")
        assert [given(feed) for _ in range(3)] == [["early"], [], []]
        assert feed.settled == 0

        open_transaction.commit()

    assert given(feed) == ["late"]
    assert given(feed) == []
    assert feed.settled == 2


def test_a_number_that_was_rolled_back_is_waited_for_no_longer(shared_ledger: Ledger) -> None:
    feed = EventFeed.from_now(shared_ledger)
    with uncommitted(shared_ledger, "never") as open_transaction:
        write(shared_ledger, "early")
        assert given(feed) == ["early"]
        open_transaction.rollback()

    assert [given(feed) for _ in range(2)] == [[], []]
    assert feed.settled == 2


def test_what_was_open_when_the_feed_began_is_given_too(shared_ledger: Ledger) -> None:
    with uncommitted(shared_ledger, "open") as open_transaction:
        write(shared_ledger, "before")
        feed = EventFeed.from_now(shared_ledger)
        open_transaction.commit()

    assert given(feed) == ["open"]


def test_a_transaction_that_writes_no_event_holds_nothing_up(shared_ledger: Ledger) -> None:
    with shared_ledger.engine.connect() as connection, connection.begin():
        connection.execute(sa.text("CREATE TABLE other (id INTEGER)"))
        feed = EventFeed(shared_ledger, after=0)
        with uncommitted(shared_ledger, "never") as open_transaction:
            open_transaction.rollback()
        write(shared_ledger, "a")

        assert [given(feed) for _ in range(2)] == [["a"], []]
        assert feed.settled == 2


def test_events_that_were_pruned_unread_are_passed_over(ledger: Ledger) -> None:
    feed = EventFeed(ledger, after=0)
    write(ledger, "a", "b", "c")
    with ledger.write() as connection:
        connection.execute(sa.delete(log).where(log.c.run_id != "c"))

    assert [given(feed) for _ in range(2)] == [["c"], []]
    assert feed.settled == 3


def test_a_reading_that_failed_takes_nothing_from_the_next(ledger: Ledger) -> None:
    feed = EventFeed.from_now(ledger)
    write(ledger, "a")
    with ledger.write() as connection:
        connection.execute(sa.text("ALTER TABLE orchestrator_runs RENAME TO away"))

    with pytest.raises(Unavailable):
        feed.read()

    with ledger.write() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO orchestrator_runs"))
    assert given(feed) == ["a"]


@pytest.mark.parametrize("seed", range(3))
def test_many_who_write_at_once_and_roll_back_are_all_heard_once(ledger: Ledger, seed: int) -> None:
    feed = EventFeed.from_now(ledger)

    heard: list[int] = []
    with ThreadPoolExecutor(5) as threads:
        writing = [threads.submit(write_much, ledger, f"{seed} {n}") for n in range(5)]
        while not all(future.done() for future in writing):
            heard += [event.id for event in feed.read(limit=7)]
    for future in writing:
        future.result()

    def everything() -> bool:
        heard.extend(event.id for event in feed.read())
        with ledger.read() as connection:
            written = connection.execute(sa.select(log.c.id).order_by(log.c.id))
            return sorted(heard) == list(written.scalars())

    eventually(everything)
    assert feed.read() == []
    assert feed.settled == max(heard)


def write_much(ledger: Ledger, seed: str) -> None:
    """Write in many transactions, some of them long, some rolled back."""
    chance = random.Random(seed)
    for _ in range(40):
        with ledger.engine.connect() as connection, connection.begin() as transaction:
            for _ in range(chance.randint(1, 3)):
                events.append(connection, "run.started", seed)
            if not ledger.is_sqlite:  # where the others would only wait for it
                threading.Event().wait(chance.choice([0, 0, 0.002, 0.01]))
            if chance.random() < 0.3:
                transaction.rollback()
