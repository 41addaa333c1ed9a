"""Who shares an SQLite ledger writes in turn, waits as long as is said, and reads at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger, sqlite_turns

WRITERS, TIMES = 8, 25

counter = sa.table("counter", sa.column("number"))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of a ledger that has nothing but a counter."""
    made = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    with made.write() as connection:
        connection.execute(sa.text("create table counter (number integer)"))
        connection.execute(sa.insert(counter).values(number=0))
    yield str(made.engine.url)
    made.close()


def number_in(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(counter.c.number)).scalar_one())


def test_what_many_read_and_write_at_once_is_lost_by_none(url: str) -> None:
    def count_up(_: int) -> None:
        ledger = Ledger(url)
        for _time in range(TIMES):
            with ledger.write() as connection:
                later = number_in(connection) + 1
                connection.execute(sa.update(counter).values(number=later))
        ledger.close()

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(count_up, range(WRITERS)))

    ledger = Ledger(url)
    with ledger.read() as connection:
        assert number_in(connection) == WRITERS * TIMES
    ledger.close()


def test_while_one_writes_others_read_what_was_before_and_do_not_wait_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_turns, "_SECONDS", 0.3)
    one, other = Ledger(url), Ledger(url)
    with one.write() as connection:
        connection.execute(sa.update(counter).values(number=7))

        with other.read() as reading:
            assert number_in(reading) == 0
        with pytest.raises(Unavailable, match="database is locked"), other.write():
            pytest.fail("two write at once")

    with other.write() as connection:
        assert number_in(connection) == 7
    one.close()
    other.close()
