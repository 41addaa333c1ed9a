"""A claim does not wait for PostgreSQL's disk: a crash of the server may lose it, and no more."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orchestrator.errors import LostRace
from orchestrator.ledger import migrate
from orchestrator.ledger.flow import claims
from orchestrator.ledger.flow.claim import Message
from tests.integration.book import Book, step
from tests.postgres import PostgresServer, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that waits for its disk, and writes nothing for ten seconds where nobody does."""
    with postgres("synchronous_commit=on", "wal_writer_delay=10s") as started:
        yield started


@pytest.fixture
def book(server: PostgresServer) -> Iterator[Book]:
    with server.database() as url:
        migrate(url)
        made = Book(url, [step("a"), step("b", "a")])
        made.register("w1")
        yield made
        made.ledger.close()


@pytest.fixture
def waits(book: Book) -> list[str]:
    """Whether each commit waits for the disk."""
    said: list[str] = []

    def note(connection: sa.Connection) -> None:
        said.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    sa.event.listen(book.ledger.engine, "commit", note)
    return said


def test_a_claim_does_not_wait_and_an_end_does(book: Book, waits: list[str]) -> None:
    claimed = book.take("a")
    book.record(claimed)

    assert waits == ["off", "on"]


def test_a_claim_with_permits_waits(book: Book, waits: list[str]) -> None:
    message = Message(book.run_id, "a", 1)
    claims.claim(book.ledger, message, "w1", book.plan_of, max_losses=3, permit=1)

    assert waits == ["on"]


def test_a_step_whose_claim_was_lost_is_done_again_and_recorded_once(
    server: PostgresServer, book: Book
) -> None:
    lost = book.take("a")

    server.stop()
    book.ledger.close()  # its connections died
    server.start()

    assert book.column("state")["a"] == "ready"
    again = book.take("a")
    with pytest.raises(LostRace, match="came too late"):
        book.record(lost)
    assert [hop.step for hop in book.record(again).hops] == ["b"]
    assert book.column("attempts") == {"a": 1, "b": 0}
