"""Claims and outcomes: who may take a step, what a finished step sets free, and races."""

import datetime as dt
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Plan, Priority, RunState, StepState, Workflow, compile
from orchestrator.clock import now
from orchestrator.errors import LostRace, Unavailable
from orchestrator.ledger import Ledger, claims, endings, outbox, outcomes, rescue, submission
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.claims import Claim, Refusal
from orchestrator.ledger.outcomes import Failure, Outcome
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.tables import workers as worker_rows
from tests.waiting import eventually

DONE = Outcome(StepState.SUCCEEDED, result="1")


class Book:
    """A ledger with one run, and the moves a worker makes in it."""

    def __init__(self, url: str, definition: list[dict[str, Any]], run_id: str = "") -> None:
        self.ledger = Ledger(url)
        self.workflow = Workflow.model_validate({"name": "book", "steps": definition})
        self.plan: Plan = compile(self.workflow)
        self.run_id = run_id or self.submit()

    def submit(self) -> str:
        asked = submission.Submission(self.workflow, self.plan, {}, Priority.NORMAL, None)
        with self.ledger.write() as connection:
            return submission.insert(connection, asked)[0]

    def register(self, worker: str, *, lease: float = 60.0) -> str:
        pool_processes.register(self.ledger, worker, pool="toy", node=worker, lease_seconds=lease)
        return worker

    def claim(self, step: str, attempt: int = 1, worker: str = "w1") -> Claim | Refusal:
        message = (self.run_id, step, attempt)
        return claims.claim(self.ledger, message, worker, lambda _: self.plan, max_losses=3)

    def take(self, step: str, attempt: int = 1, worker: str = "w1") -> Claim:
        claimed = self.claim(step, attempt, worker)
        assert isinstance(claimed, Claim)
        return claimed

    def finish(self, step: str, outcome: Outcome = DONE) -> outcomes.Progress:
        return outcomes.record(self.ledger, self.take(step), outcome, self.plan)

    def column(self, name: str) -> dict[str, Any]:
        query = sa.select(steps.c.name, steps.c[name]).where(steps.c.run_id == self.run_id)
        with self.ledger.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def state(self) -> str:
        query = sa.select(runs.c.state).where(runs.c.id == self.run_id)
        with self.ledger.read() as connection:
            return str(connection.execute(query).scalar_one())

    def change(self, table: sa.Table, **values: Any) -> None:
        with self.ledger.write() as connection:
            connection.execute(sa.update(table).values(**values))


def step(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after}


@pytest.fixture
def book(ledger_url: str) -> Iterator[Book]:
    """A diamond: a, then b and c, then d."""
    diamond = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]
    made = Book(ledger_url, diamond)
    made.register("w1")
    yield made
    made.ledger.close()


def names(nexts: tuple[outcomes.Next, ...]) -> set[str]:
    return {near.step for near in nexts}


def test_a_step_is_taken_once(book: Book) -> None:
    claimed = book.take("a")

    assert (claimed.attempt, claimed.failures, claimed.idle) == (1, 0, False)
    assert book.claim("a") is Refusal.DUPLICATE
    assert book.state() == RunState.RUNNING


def test_a_step_whose_predecessors_are_open_is_too_early(book: Book) -> None:
    assert book.claim("d") is Refusal.TOO_EARLY


def test_a_step_of_no_run_and_of_an_ended_run_is_gone(book: Book) -> None:
    endings.cancel(book.ledger, book.run_id, reason="enough")

    assert book.claim("a") is Refusal.GONE
    assert book.claim("nobody") is Refusal.GONE


def test_a_message_of_an_old_attempt_is_a_duplicate(book: Book) -> None:
    waits = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=0)
    book.finish("a", waits)
    assert book.claim("a") is Refusal.DUPLICATE  # it waits
    assert [dispatch.attempt for dispatch in outbox.wake(book.ledger)] == [2]

    assert book.claim("a", attempt=1) is Refusal.DUPLICATE
    assert book.take("a", attempt=2).failures == 1


def test_a_step_may_be_taken_while_its_publisher_still_notes_the_message(book: Book) -> None:
    (dispatch,) = outbox.ready(book.ledger)
    claimed = book.take("a")

    outbox.mark_queued(book.ledger, [dispatch])

    assert book.column("state")["a"] == StepState.RUNNING
    assert names(outcomes.record(book.ledger, claimed, DONE, book.plan).hops) == {"b", "c"}


def test_a_finished_step_frees_its_hops_and_counts_down_its_joins(book: Book) -> None:
    assert names(book.finish("a").hops) == {"b", "c"}

    assert names(book.finish("b").joins) == {"d"}
    assert book.column("missing")["d"] == 1
    assert names(book.finish("c").joins) == {"d"}

    assert book.column("state")["d"] == StepState.QUEUED
    assert book.finish("d").run_state is RunState.SUCCEEDED


def test_a_copy_of_a_finished_step_tells_again_what_it_set_free(book: Book) -> None:
    book.finish("a")
    book.finish("b")

    assert book.claim("b") is Refusal.DONE
    again = outcomes.propagation(book.ledger, book.run_id, "b", book.plan)
    assert (names(again.hops), names(again.joins)) == (set(), {"d"})
    of_a = outcomes.propagation(book.ledger, book.run_id, "a", book.plan)
    assert names(of_a.hops) == {"c"}  # b is done


def test_a_step_of_a_dead_worker_is_taken_over_and_the_late_one_is_refused(book: Book) -> None:
    late = book.take("a")
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))
    book.register("w2")

    second = book.take("a", worker="w2")

    assert (second.attempt, second.failures) == (2, 0)
    with pytest.raises(LostRace, match="attempt 1 of step 'a'"):
        outcomes.record(book.ledger, late, DONE, book.plan)
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


def test_an_attempt_past_its_deadline_is_found(book: Book) -> None:
    book.take("a")
    book.change(steps, deadline_at=now() - dt.timedelta(seconds=1))

    assert rescue.silent(book.ledger, grace=5) == []
    assert [found.overdue for found in rescue.silent(book.ledger, grace=0.5)] == [True]


def test_the_results_that_a_step_refers_to_come_with_its_claim(ledger_url: str) -> None:
    refers = {"name": "z", "task": "toy.note", "inputs": {"x": ["$a", "$b.field"]}}
    book = Book(ledger_url, [step("a"), step("b", "a"), step("c", "b"), {**refers, "after": ["c"]}])
    book.register("w1")
    book.finish("a", Outcome(StepState.SUCCEEDED, result='"1.10"'))
    book.finish("b", Outcome(StepState.SKIPPED, reason="no"))
    book.finish("c")

    claimed = book.take("z")

    assert claimed.results == {"a": '"1.10"'}
    book.ledger.close()


def test_a_step_is_idle_only_when_all_it_follows_or_refers_to_was_skipped(ledger_url: str) -> None:
    refers = {"name": "z", "task": "toy.note", "inputs": {"x": ["$a", "$b"]}}
    book = Book(ledger_url, [step("a"), step("b", "a"), refers, step("y", "b")])
    book.register("w1")
    book.finish("a")
    book.finish("b", Outcome(StepState.SKIPPED, reason="no"))

    assert book.plan.steps["z"].after == ("b",)  # a is implied
    assert not book.take("z").idle
    assert book.take("y").idle
    book.ledger.close()


def test_a_worker_whose_lease_has_ended_takes_nothing(book: Book) -> None:
    book.change(worker_rows, lease_until=now() - dt.timedelta(seconds=1))

    assert book.claim("a") is Refusal.STRANGER
    assert book.claim("a", worker="nobody") is Refusal.STRANGER
    assert book.column("attempts")["a"] == 0


def test_a_claim_does_not_wait_in_a_circle_with_a_cancel(postgres_ledger_url: str) -> None:
    book = Book(postgres_ledger_url, [step("a")])
    book.register("w1")
    with ThreadPoolExecutor(1) as thread:
        with book.ledger.write() as connection:
            run = endings.lock(connection, book.run_id, exclusive=True)
            claiming = thread.submit(book.claim, "a")
            eventually(lambda: _waits_for_a_lock(book.ledger))
            endings.begin(connection, run, RunState.CANCELLED, error=None, reason="enough")

        assert claiming.result(20) is Refusal.DUPLICATE

    assert book.state() == RunState.CANCELLED
    assert book.column("state") == {"a": StepState.CANCELLED}
    book.ledger.close()


def test_waking_passes_over_steps_that_a_cancel_holds(postgres_ledger_url: str) -> None:
    books = [Book(postgres_ledger_url, [step("a")]) for _ in range(2)]
    books[0].register("w1")
    waits = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=0)
    for book in books:
        book.finish("a", waits)
    held, free = books

    with held.ledger.write() as connection:
        run = endings.lock(connection, held.run_id, exclusive=True)
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


def test_claiming_and_recording_is_quick(sqlite_ledger_url: str) -> None:
    book = Book(
        sqlite_ledger_url, [step("s0"), *(step(f"s{n}", f"s{n - 1}") for n in range(1, 200))]
    )
    book.register("w1")
    begun = time.perf_counter()

    for n in range(200):
        book.finish(f"s{n}")

    assert (time.perf_counter() - begun) / 200 < 0.05
    book.ledger.close()


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    ledger = Ledger("postgresql://127.0.0.1:1/nobody")

    with pytest.raises(Unavailable, match="the ledger does not answer"), ledger.read():
        pass


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
