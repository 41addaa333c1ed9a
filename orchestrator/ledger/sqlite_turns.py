"""Whose turn it is to write to an SQLite ledger, which has one writer at a time.

It runs in WAL mode, and a writing transaction takes the write lock when it begins: two that
read first and write later would fail each other in the middle. A transaction here takes a
millisecond or two, and SQLite itself sleeps for 1, 2, 5, 10 and more between its looks at a
lock: two processes would so lose a third of their time. Here they look much sooner, which
takes no more of a processor: who waits shorter looks less often.
"""

import sqlite3
import time
from typing import Any

import sqlalchemy as sa

#: How long a writer waits for its turn.
_SECONDS = 30.0

#: Between two looks, at first and at most, and how many times as long after each.
_PAUSE_SECONDS = 0.0001
_LONGEST_PAUSE_SECONDS = 0.02
_LONGER = 1.3

_BEGIN = "BEGIN IMMEDIATE"
_READ = "orchestrator_read"
#: The execution options of a transaction that only reads, and waits for no writer.
READS = {_READ: True}


def take_turns(engine: sa.Engine) -> None:
    """Have all transactions of an engine on SQLite begin as said above."""
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself: `_begin` does.
    connection.isolation_level = None
    _wait_as_sqlite_does(connection)
    _patiently(connection, "pragma journal_mode=wal")  # lasts: later connections only read it
    for pragma in ("synchronous=normal", "foreign_keys=on"):
        connection.execute(f"pragma {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_READ):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("pragma busy_timeout=0").close()
    try:
        _patiently(driver, _BEGIN)
    except sqlite3.OperationalError as error:
        raise sa.exc.OperationalError(_BEGIN, None, error) from error
    finally:
        _wait_as_sqlite_does(driver)


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute what is refused while another process has the lock."""
    last = time.monotonic() + _SECONDS
    pause = _PAUSE_SECONDS
    while True:
        try:
            connection.execute(statement).close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > last:
                raise
        else:
            return
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, _LONGER * pause)


def _wait_as_sqlite_does(connection: sqlite3.Connection) -> None:
    connection.execute(f"pragma busy_timeout={1000 * _SECONDS:.0f}").close()
