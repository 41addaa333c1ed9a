"""How SQLite is used when several processes write one file.

WAL, so that readers and the one writer do not wait for each other; a writing
transaction takes the write lock when it begins, so that writers take turns.
"""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, event


def share_between_processes(engine: Engine, *, patience: float) -> None:
    """Make the engine's connections wait for each other, for so many seconds."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # `_begin` says BEGIN: sqlite3 would say it too late
        _switch_to_wal(connection, patience)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)


def _switch_to_wal(connection: sqlite3.Connection, patience: float) -> None:
    # Of two processes that switch a new file at once, SQLite refuses one without the
    # wait that `timeout` promises; the switch lasts, so later connections only read it.
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def is_busy(error: BaseException | None) -> bool:
    """Say whether SQLite refused because of another connection's lock."""
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def _begin(connection: Connection) -> None:
    # A deferred transaction that has read before it writes is refused at once when
    # somebody wrote in between; an immediate one takes its turn at the start.
    writes: Any = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
