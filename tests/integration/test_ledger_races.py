"""Two who want the same of the ledger at once, and those who died or come late."""

import datetime as dt
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.errors import LostRace
from orchestrator.ledger import Ledger, outbox, views
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.flow import endings, rescue
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.tables import workers as worker_rows
from tests.integration.book import DONE, Book, step
from tests.waiting import eventually


def test_a_step_of_a_dead_worker_is_taken_over_and_the_late_one_is_refused(book: Book) -> None:
    late = book.take("a")
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))
    book.register("w2")

    second = book.take("a", worker="w2")

    assert (second.attempt, second.failures) == (2, 0)
    with pytest.raises(LostRace, match="attempt 1 of step 'a'"):
        book.record(late, DONE)
    assert book.column("state")["b"] == StepState.PENDING


def test_a_step_that_lost_too_many_workers_is_not_taken_over(book: Book) -> None:
    for attempt in (1, 2, 3):
        book.take("a", attempt, book.register(f"dies{attempt}"))
        book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))

    assert book.claim("a", worker=book.register("w2")) is Refusal.DUPLICATE
    (silent,) = rescue.silent(book.ledger, grace=0)
    assert (silent.overdue, silent.losses) == (False, 2)


def test_who_gives_a_lost_step_back_second_changes_nothing(book: Book) -> None:
    book.take("a")
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))
    (silent,) = rescue.silent(book.ledger, grace=0)

    assert rescue.give_back(book.ledger, silent)
    assert not rescue.give_back(book.ledger, silent)

    assert book.column("losses")["a"] == 1
    assert [dispatch.attempt for dispatch in outbox.ready(book.ledger)] == [2]


def test_a_step_that_is_lost_while_its_run_ends_is_cancelled(book: Book) -> None:
    book.take("a")
    book.cancel()
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))
    (silent,) = rescue.silent(book.ledger, grace=0)

    assert rescue.give_back(book.ledger, silent)
    book.settle()

    assert book.column("state")["a"] == StepState.CANCELLED
    assert book.state() == RunState.CANCELLED


def test_an_attempt_past_its_deadline_is_found(book: Book) -> None:
    book.take("a")
    book.change(steps, deadline_at=now() - dt.timedelta(seconds=1))

    assert rescue.silent(book.ledger, grace=5) == []
    assert [found.overdue for found in rescue.silent(book.ledger, grace=0.5)] == [True]


def test_a_worker_whose_lease_has_ended_takes_nothing(book: Book) -> None:
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))

    assert book.claim("a") is Refusal.STRANGER
    assert book.claim("a", worker="nobody") is Refusal.STRANGER
    assert book.column("attempts")["a"] == 0


def test_a_process_that_enters_again_is_counted_once(book: Book) -> None:
    for name in ("old", "new"):
        pool_processes.register(book.ledger, name, pool="again", node="node", lease_seconds=60)

    assert pool_processes.alive(book.ledger)["again"] == 1
    assert book.claim("a", worker="old") is Refusal.STRANGER
    book.take("a", worker="new")


def test_a_claim_does_not_wait_in_a_circle_with_a_cancel(postgres_ledger_url: str) -> None:
    book = Book(postgres_ledger_url, [step("a")])
    book.register("w1")
    with ThreadPoolExecutor(1) as thread:
        with book.ledger.write() as connection:
            run = lock(connection, book.run_id, exclusive=True)
            claiming = thread.submit(book.claim, "a")
            eventually(lambda: _waits_for_a_lock(book.ledger))
            endings.begin(connection, run, RunState.CANCELLED, error=None, reason="enough")

        assert claiming.result(20) is Refusal.GONE

    book.settle()
    assert book.state() == RunState.CANCELLED
    assert book.column("state") == {"a": StepState.CANCELLED}
    book.ledger.close()


def test_the_first_claim_of_a_run_finds_it_paused_meanwhile(postgres_ledger_url: str) -> None:
    book = Book(postgres_ledger_url, [step("a")])
    book.register("w1")
    with ThreadPoolExecutor(1) as thread:
        with book.ledger.write() as connection:
            lock(connection, book.run_id, exclusive=True)
            claiming = thread.submit(book.claim, "a")
            eventually(lambda: _waits_for_a_lock(book.ledger))
            connection.execute(sa.update(runs).values(state=RunState.PAUSED))

        assert claiming.result(20) is Refusal.PAUSED

    assert book.state() == RunState.PAUSED
    assert book.column("attempts") == {"a": 0}
    book.ledger.close()


def test_waking_passes_over_steps_that_a_cancel_holds(postgres_ledger_url: str) -> None:
    books = [Book(postgres_ledger_url, [step("a")]) for _ in range(2)]
    books[0].register("w1")
    waits = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=0)
    for book in books:
        book.finish("a", waits)
    held, free = books

    with held.ledger.write() as connection:
        run = lock(connection, held.run_id, exclusive=True)
        endings.begin(connection, run, RunState.CANCELLED, error=None, reason="enough")
        woken = outbox.wake(free.ledger)

    assert [dispatch.run_id for dispatch in woken] == [free.run_id]
    for book in books:
        book.ledger.close()


def _waits_for_a_lock(ledger: Ledger) -> bool:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ledger.read() as connection:
        return bool(connection.execute(waiting).scalar_one())


def test_joins_that_many_processes_complete_at_once_are_counted_exactly(ledger_url: str) -> None:
    """Each of eight processes finishes one predecessor of the same eight joins, in each run."""
    sources = [f"s{n}" for n in range(8)]
    bipartite = [*map(step, sources), *(step(f"j{n}", *sources) for n in range(8))]
    books = [Book(ledger_url, bipartite) for _ in range(10)]
    books[0].register("w1")
    run_ids = [book.run_id for book in books]

    _at_once([(_finish_all, (ledger_url, bipartite, run_ids, source)) for source in sources])

    for book in books:
        joins = {name: state for name, state in book.column("state").items() if name[0] == "j"}
        assert set(joins.values()) == {StepState.QUEUED}
        assert {count for name, count in book.column("missing").items() if name[0] == "j"} == {0}
        book.ledger.close()


def test_of_many_last_steps_that_end_at_once_one_ends_the_run(ledger_url: str) -> None:
    """Each of eight processes finishes one of the eight last steps, in each run."""
    names = [f"s{n}" for n in range(8)]
    abreast = [*map(step, names)]
    books = [Book(ledger_url, abreast) for _ in range(10)]
    books[0].register("w1")
    run_ids = [book.run_id for book in books]

    _at_once([(_finish_all, (ledger_url, abreast, run_ids, name)) for name in names])

    for book in books:
        assert book.state() == RunState.SUCCEEDED
        ends = [event.name for _, event in views.list_events(book.ledger, book.run_id)]
        assert ends.count("run.succeeded") == 1
        book.ledger.close()


def _finish_all(url: str, definition: list[dict[str, Any]], run_ids: list[str], name: str) -> None:
    for run_id in run_ids:
        book = Book(url, definition, run_id)
        book.finish(name)
        book.ledger.close()


def _at_once(calls: list[tuple[Any, tuple[Any, ...]]]) -> None:
    """Make each call in a process of its own, all at the same moment; each must succeed."""
    spawning = multiprocessing.get_context("spawn")
    gate = spawning.Barrier(len(calls))
    processes = [spawning.Process(target=_behind, args=(gate, *call)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(50)
    assert [process.exitcode for process in processes] == [0] * len(calls)


def _behind(gate: Any, call: Any, arguments: tuple[Any, ...]) -> None:
    gate.wait(30)
    call(*arguments)
