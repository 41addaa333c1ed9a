"""A commit whose answer is lost: PostgreSQL went away, and nobody knows what it wrote."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import Application, Priority, Settings
from orchestrator.broker.celery_app import producer_app
from orchestrator.burst import Burst
from orchestrator.errors import InDoubt
from orchestrator.executor import Executor
from orchestrator.ledger import Ledger
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.flow.claim import Message
from orchestrator.ledger.tables import workers
from orchestrator.permits.gate import Gate
from tests.integration.book import Book, step
from tests.integration.lines import Cut, Line, line_to, never


def commit_of(statement: bytes) -> Cut:
    """Return what cuts a line when the commit of a transaction with this statement is answered."""

    def is_now(said: Sequence[bytes]) -> bool:
        return b"COMMIT" in said[-1] and statement in b"".join(said)

    return is_now


def once(statement: bytes) -> Cut:
    """Return what cuts one line when this statement is on its way."""
    cut: list[bool] = []

    def is_now(said: Sequence[bytes]) -> bool:
        if cut or not said or statement not in said[-1]:
            return False
        cut.append(True)
        return True

    return is_now


def test_a_commit_whose_answer_is_lost_is_in_doubt(postgres_ledger_url: str) -> None:
    with line_to(postgres_ledger_url) as (line, url):
        ledger = Ledger(url)
        line.cuts_answer = commit_of(b"INSERT INTO orchestrator_workers")

        with pytest.raises(InDoubt, match="went away while it committed"):
            pool_processes.register(ledger, "w1", pool="toy", node="n", lease_seconds=60)

        line.cuts_answer = never
        assert pool_processes.alive(ledger) == {"toy": 1}
        ledger.close()


#: How the statements begin that take a step, and that end one and take the next.
_CLAIM = b"WITH begun AS"
_AT_ONCE = b"WITH run AS"


@contextmanager
def executor_at(book: Book, home: Path) -> Iterator[tuple[Line, Executor]]:
    """Lend an executor, and the line by which it goes to the ledger of a book."""
    direct = book.ledger.engine.url.render_as_string(hide_password=False)
    with line_to(direct) as (line, url):
        settings = Settings(home=home, ledger_url=url, packages=("tests.toy",))
        ledger = Ledger(url)
        application = Application.load(settings)
        gate = Gate(ledger, producer_app(settings), application, settings)
        yield line, Executor(ledger, application, settings, lambda: book.register("w1"), gate)
        ledger.close()


def test_a_process_that_may_have_taken_a_step_ends(postgres_ledger_url: str, home: Path) -> None:
    book = Book(postgres_ledger_url, [step("a")])
    with executor_at(book, home) as (line, executor):
        line.cuts_answer = once(_CLAIM)

        with pytest.raises(SystemExit, match="step 'a' may have been taken"):
            executor.execute(Message(book.run_id, "a", 1))

        assert book.column("state") == {"a": "running"}
    book.change(workers, lease_until=sa.func.now())  # as when the process has ended
    (lost,) = rescue.silent(book.ledger, grace=0)
    assert rescue.give_back(book.ledger, lost)
    assert book.column("state") == {"a": "ready"}
    book.ledger.close()


CHAIN = [{**each, "task": "toy.tell_loaders"} for each in (step("a"), step("b", "a"))]


def a_burst() -> Burst:
    return Burst("toy", Priority.NORMAL, lambda: False, lambda: False)


def test_a_process_that_may_have_taken_another_step_ends(
    postgres_ledger_url: str, home: Path
) -> None:
    book = Book(postgres_ledger_url, CHAIN)
    with executor_at(book, home) as (line, executor):
        line.cuts_answer = once(_AT_ONCE)

        with pytest.raises(SystemExit, match="another step may have been taken"):
            executor.execute(Message(book.run_id, "a", 1), a_burst())

    assert book.column("state") == {"a": "succeeded", "b": "running"}
    assert book.column("attempts") == {"a": 1, "b": 1}
    book.ledger.close()


def test_a_process_whose_end_did_not_arrive_says_it_again(
    postgres_ledger_url: str, home: Path
) -> None:
    book = Book(postgres_ledger_url, CHAIN)
    with executor_at(book, home) as (line, executor):
        line.cuts_request = once(_AT_ONCE)

        done = executor.execute(Message(book.run_id, "a", 1), a_burst())

        assert done.progress is not None
        assert done.progress.taken is not None
        assert done.progress.taken.step == "b"
    assert book.column("state") == {"a": "succeeded", "b": "running"}
    assert book.column("attempts") == {"a": 1, "b": 1}
    book.ledger.close()


def test_a_process_that_enters_again_is_no_more_what_it_was(ledger_url: str) -> None:
    book = Book(ledger_url, [step("a")])
    pool_processes.register(book.ledger, "w1", pool="toy", node="n", lease_seconds=60)
    book.take("a", worker="w1")

    pool_processes.register(book.ledger, "w2", pool="toy", node="n", lease_seconds=60)

    assert pool_processes.alive(book.ledger) == {"toy": 1}
    assert [lost.held.step for lost in rescue.silent(book.ledger, grace=0)] == ["a"]
    book.ledger.close()
