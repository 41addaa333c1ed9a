"""A process that holds a step when something unforeseen happens ends; the step is tried again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import Application, Priority, Settings, failpoints
from orchestrator.broker.celery_app import producer_app
from orchestrator.burst import Burst
from orchestrator.executor import Executor
from orchestrator.ledger import Ledger
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.flow.claim import Message
from orchestrator.ledger.tables import workers
from orchestrator.permits.gate import Gate
from tests.integration.book import Book, step


@pytest.fixture
def book(ledger_url: str) -> Iterator[Book]:
    made = Book(
        ledger_url, [{**s, "task": "toy.tell_loaders"} for s in (step("a"), step("b", "a"))]
    )
    yield made
    made.ledger.close()


@pytest.fixture
def executor(book: Book, ledger_url: str, home: Path) -> Iterator[Executor]:
    settings = Settings(home=home, ledger_url=ledger_url, packages=("tests.toy",))
    ledger = Ledger(ledger_url)
    application = Application.load(settings)
    gate = Gate(ledger, producer_app(settings), application, settings)
    yield Executor(ledger, application, settings, lambda: book.register("w1"), gate)
    failpoints.disarm()
    ledger.close()


@pytest.mark.parametrize(
    ("trap", "lost"),
    [
        ("ledger.committed=raise", "a"),
        ("executor.claimed=raise", "a"),
        ("ledger.committed=raise,skip=1", "b"),
        ("executor.recorded=raise", "b"),
    ],
)
def test_what_it_held_is_tried_again(book: Book, executor: Executor, trap: str, lost: str) -> None:
    burst = Burst("toy", Priority.NORMAL, lambda: False, lambda: False)
    failpoints.arm(trap)

    with pytest.raises(SystemExit):
        executor.execute(Message(book.run_id, "a", 1), burst)

    failpoints.disarm()
    assert book.column("state")[lost] == "running"
    book.change(workers, lease_until=sa.func.now())  # as when the process has ended
    (silent,) = rescue.silent(book.ledger, grace=0)
    assert rescue.give_back(book.ledger, silent)
    assert book.column("state")[lost] == "ready"
