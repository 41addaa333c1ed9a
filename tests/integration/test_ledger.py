"""Claims and outcomes: who may take a step, and what a finished step sets free."""

import datetime as dt
import time
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger, outbox
from orchestrator.ledger.flow import children, endings, outcomes, overdue, rescue
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Next
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.sessions import admission
from orchestrator.ledger.tables import WIDE_JOIN, steps
from orchestrator.ledger.upkeep import backlog, unstarted
from orchestrator.ledger.verbs import pausing
from orchestrator.ledger.waiting import deadlines, reports
from tests.integration.book import DONE, Book, step


def names(nexts: tuple[Next, ...]) -> set[str]:
    return {near.step for near in nexts}


def test_a_step_is_taken_once(book: Book) -> None:
    claimed = book.take("a")

    assert (claimed.attempt, claimed.failures, claimed.idle) == (1, 0, None)
    assert book.claim("a") is Refusal.DUPLICATE
    assert book.state() == RunState.RUNNING


def test_a_step_whose_predecessors_are_open_is_too_early(book: Book) -> None:
    assert book.claim("d") is Refusal.TOO_EARLY


def test_a_step_of_no_run_and_of_an_ended_run_is_gone(book: Book) -> None:
    book.cancel()

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
    assert names(book.record(claimed, DONE).hops) == {"b", "c"}


def test_in_a_run_that_is_ending_no_attempt_follows_a_failed_one(book: Book) -> None:
    claimed = book.take("a")
    assert book.cancel().run_state is None

    waits = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=0)
    book.record(claimed, waits)

    assert book.settle().run_state is RunState.CANCELLED
    assert book.column("state")["a"] == StepState.FAILED


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


def test_a_wide_join_that_nobody_started_does_not_wait_for_the_rest_of_its_run(
    ledger_url: str,
) -> None:
    fan = [f"s{n}" for n in range(WIDE_JOIN + 1)]
    book = Book(ledger_url, [*map(step, fan), step("wide", *fan), step("x"), step("y", "x")])
    book.register("w1")
    after = book.plan.steps["wide"].after

    def release() -> bool:
        return outbox.release_join(book.ledger, book.run_id, "wide", after, idle=5)

    for name in fan[1:]:
        book.finish(name)
    assert not release()  # one is open
    book.finish(fan[0])
    assert not release()  # the last part of the chord is on its way
    with book.ledger.write() as connection:
        done = sa.update(steps).where(steps.c.name.in_(fan))
        connection.execute(done.values(ended_at=now() - dt.timedelta(seconds=6)))
    book.finish("x")

    assert [name for _, _, name in outbox.wide_joins(book.ledger)] == ["wide"]
    assert release()
    assert not release()
    assert {dispatch.step for dispatch in outbox.ready(book.ledger)} == {"wide"}
    book.ledger.close()


def test_what_maintenance_asks_all_the_time_never_reads_the_history(
    sqlite_ledger_url: str,
) -> None:
    ledger = Ledger(sqlite_ledger_url)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    outbox.ready(ledger)
    backlog.levels(ledger)
    unstarted.unstarted(ledger)
    outbox.wake(ledger)
    outbox.wide_joins(ledger)
    rescue.silent(ledger, grace=0)
    endings.unsettled(ledger)
    outbox.unopened(ledger)
    children.unheard(ledger)
    children.orphans(ledger)
    overdue.overdue(ledger)
    deadlines.due(ledger)
    reports.expired(ledger)
    pausing.to_pause(ledger)
    pausing.to_resume(ledger)
    admission.waiting(ledger)
    sa.event.remove(ledger.engine, "before_cursor_execute", note)

    questions = [(text, values) for text, values in asked if text.startswith("SELECT")]
    assert len(questions) == 19
    with ledger.read() as connection:
        for text, values in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            moves = [row.detail for row in plan]
            assert not [move for move in moves if _reads_all(move)], moves
    ledger.close()


def _reads_all(move: str) -> bool:
    """Say whether a query reads all of a table, or of an index that is not of a few rows alone."""
    partial = ("_open", "_live", "_queued", "_must_start")
    return move.startswith("SCAN") and not move.endswith(partial)


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
