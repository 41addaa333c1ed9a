"""The locks by key: whoever holds one is alone, and none outlives the database that gave it."""

from collections.abc import Iterator

import psycopg
import pytest

from tasks.adapters.key_locks import PostgresLocks

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
HELD = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.fixture
def locks(postgres_url: str) -> Iterator[PostgresLocks]:
    """Locks in a database of this test's own."""
    made = PostgresLocks(postgres_url, "an ERP")
    yield made
    made._engine.dispose()


@pytest.fixture
def beside(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection beside those of the locks."""
    address = postgres_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def held(beside: psycopg.Connection) -> int:
    (count,) = beside.execute(HELD).fetchone() or (0,)
    return int(count)


def test_a_lock_is_held_until_the_block_ends(
    locks: PostgresLocks, beside: psycopg.Connection
) -> None:
    with locks.held("mail-1"):
        assert held(beside) == 1

    assert held(beside) == 0


def test_what_a_block_did_is_done_though_the_database_went_away_meanwhile(
    locks: PostgresLocks, beside: psycopg.Connection
) -> None:
    done = []

    with locks.held("mail-1"):
        beside.execute(END_OTHERS)
        done.append("created")

    assert done == ["created"]
    with locks.held("mail-1"):
        assert held(beside) == 1


def test_the_error_of_a_block_is_the_one_that_is_told(
    locks: PostgresLocks, beside: psycopg.Connection
) -> None:
    def refused() -> None:
        beside.execute(END_OTHERS)
        raise ValueError("no such product")

    with pytest.raises(ValueError, match="no such product"), locks.held("mail-1"):
        refused()

    with locks.held("mail-1"):
        assert held(beside) == 1
