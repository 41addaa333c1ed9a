"""A step's effect in the ledger's own database happens exactly once, whatever ends it."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator import Attempt, RunState
from orchestrator.declare import Transaction
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.tables import steps
from orchestrator.together import Together, together
from tests.integration.book import DONE, Book, step
from tests.integration.installation import Installation
from tests.toy import effects
from tests.toy.effects import prepare


def booking(task: str = "toy.book", **more: Any) -> dict[str, Any]:
    return {"name": "book", "task": task, **more}


@pytest.fixture
def shop(toy: Installation) -> Installation:
    prepare(toy.ledger)
    return toy


@pytest.mark.parametrize("task", ["toy.book", "toy.book_by_session"])
def test_the_effect_is_committed_with_the_completion(shop: Installation, task: str) -> None:
    run = shop.succeed([booking(task), step("after", "book")])

    assert effects.effects(shop.ledger, run.id) == [1]


@pytest.mark.parametrize("point", ["executor.called", "ledger.committing"])
def test_a_process_killed_before_the_commit_has_done_nothing(
    shop: Installation, point: str
) -> None:
    run = shop.succeed([booking(inputs={"trap": f"{point}=kill"}), step("after", "book")])

    assert [entry.attempt for entry in shop.diary(run, "end") if entry.step == "book"] == [1, 2]
    assert effects.effects(shop.ledger, run.id) == [2]


def test_a_process_killed_after_the_commit_has_done_it_once(shop: Installation) -> None:
    trap = {"trap": "ledger.committed=kill"}

    run = shop.succeed([booking(inputs=trap), step("after", "book")])

    assert effects.effects(shop.ledger, run.id) == [1]
    assert shop.steps(run)["book"].attempts == 1


def test_an_error_takes_the_effect_back(shop: Installation) -> None:
    retry = {"max_attempts": 3, "backoff": 0.01}

    run = shop.succeed([booking("toy.book_and_fail", inputs={"times": 2}, retry=retry)])

    assert effects.effects(shop.ledger, run.id) == [3]


def test_a_failure_is_recorded_though_its_transaction_is_gone(shop: Installation) -> None:
    run = shop.run([booking("toy.book_and_fail")])

    assert run.error == "step 'book' failed: RuntimeError: second thoughts"
    assert effects.effects(shop.ledger, run.id) == []


def test_an_error_in_the_steps_own_sql_is_the_steps(shop: Installation) -> None:
    run = shop.run([booking("toy.execute", inputs={"statement": "select * from no_such_table"})])

    assert run.error is not None
    assert "no_such_table" in run.error
    assert "orchestrator db upgrade" not in run.error
    assert effects.effects(shop.ledger, run.id) == []


def test_a_step_that_commits_by_itself_fails_with_the_way_out(shop: Installation) -> None:
    run = shop.run([booking("toy.book_and_commit", retry={"max_attempts": 3})])

    assert run.error == (
        "step 'book' failed: InvalidTask: step 'book' ended the transaction that was to record "
        "it: flush what it writes, and leave the commit to the executor"
    )


def test_an_undoing_may_share_its_transaction_too(shop: Installation) -> None:
    undo = {"task": "toy.book", "inputs": {"trap": "executor.called=kill"}}
    done = {"name": "done", "task": "toy.note", "compensate": undo}

    run = shop.run([done, {"name": "fails", "task": "toy.fail_for_good", "after": ["done"]}])

    assert run.undone == ("done",)
    assert effects.effects(shop.ledger, run.id) == [2]


def test_the_effect_of_a_late_finisher_is_rolled_back(book: Book) -> None:
    prepare(book.ledger)
    late = book.take("a")
    book.change(steps, token="another")

    def call(transaction: Transaction) -> Outcome:
        effects.write(transaction, Attempt(book.run_id, "a", 1))
        return DONE

    assert together(book.ledger, Plans(book.ledger), late, call) == Together()
    assert effects.effects(book.ledger, book.run_id) == []


class TestOnPostgres:
    """What SQLite has not: connections that break, and queries that can be broken into."""

    @pytest.fixture
    def shop(self, postgres_installation: Installation) -> Installation:
        prepare(postgres_installation.ledger)
        return postgres_installation

    @pytest.fixture
    def book(self, postgres_ledger_url: str) -> Iterator[Book]:
        made = Book(postgres_ledger_url, [step("a")])
        made.register("w1")
        prepare(made.ledger)
        yield made
        made.ledger.close()

    def test_a_time_limit_that_breaks_into_a_query_is_the_steps_failure(
        self, shop: Installation
    ) -> None:
        sleep = {"statement": "select pg_sleep(30)"}
        timeout = {"soft": 0.3, "hard": 20}

        run = shop.run([booking("toy.execute", inputs=sleep, timeout=timeout)])

        assert run.state is RunState.FAILED
        assert run.error is not None
        assert run.error.startswith("step 'book' failed: StepTimedOut")
        assert effects.effects(shop.ledger, run.id) == []
        shop.succeed([booking()])

    def test_a_ledger_that_goes_away_meanwhile_fails_no_step(self, book: Book) -> None:
        claim = book.take("a")

        def call(transaction: Transaction) -> Outcome:
            effects.write(transaction, Attempt(book.run_id, "a", 1))
            transaction.connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")
            return DONE

        ended = together(book.ledger, Plans(book.ledger), claim, call)

        assert ended.progress is None
        assert ended.lost is not None
        assert effects.effects(book.ledger, book.run_id) == []

    def test_the_runs_row_is_not_locked_while_the_step_works(self, book: Book) -> None:
        claim = book.take("a")

        def call(transaction: Transaction) -> Outcome:
            effects.write(transaction, Attempt(book.run_id, "a", 1))
            book.cancel()  # a second connection: it would wait for ever
            return DONE

        assert together(book.ledger, Plans(book.ledger), claim, call).progress is not None
        assert effects.effects(book.ledger, book.run_id) == [1]
