"""A claim does not wait for PostgreSQL's disk: a crash of the server may lose it, and no more."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orchestrator.errors import LostRace
from orchestrator.ledger import migrate
from orchestrator.ledger.flow import claims
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.permits import epochs
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


def is_on_disk(book: Book) -> bool:
    """Say whether all that was written is on the disk of the server."""
    asked = sa.text("SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()")
    with book.ledger.read() as connection:
        return bool(connection.execute(asked).scalar_one())


def test_a_claim_does_not_wait_and_an_end_does(book: Book) -> None:
    claimed = book.take("a")
    assert not is_on_disk(book)

    book.record(claimed)
    assert is_on_disk(book)


def test_a_claim_with_permits_waits(book: Book) -> None:
    epochs.begin(book.ledger, None, "redis")
    claimed = claims.claim(
        book.ledger,
        Message(book.run_id, "a", 1),
        "w1",
        book.plan_of,
        max_losses=3,
        permit=epochs.TOKENS_OF_EPOCH + 1,
    )

    assert isinstance(claimed, Claim)
    assert is_on_disk(book)


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
