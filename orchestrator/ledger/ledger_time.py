"""What time it is by the ledger's own clock, which all hosts share.

Leases go by it, in SQL; and each process hears it with each connection it takes, see
`clock`. By the clocks of their hosts a maintenance that is a minute ahead takes every step
from its living worker, again and again until the steps are given up, and a worker that is a
minute behind never seems to live.
"""

import datetime as dt
import time
from sqlite3 import Connection as SqliteConnection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from orchestrator import clock
from orchestrator.ledger.columns import Utc

#: For so long an answer of PostgreSQL holds.
_HEARD_SECONDS = 0.5


class LedgerTime(FunctionElement[dt.datetime]):
    """The time when a statement runs, and so many seconds."""

    type = Utc()
    inherit_cache = True

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(sa.literal(seconds, sa.Float))


@compiles(LedgerTime, "postgresql")
def _on_postgresql(element: LedgerTime, compiler: SQLCompiler, **options: Any) -> str:
    # Not now(): that is when the transaction began, and it may have waited for a lock since.
    seconds = compiler.process(element.clauses, **options)
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


@compiles(LedgerTime, "sqlite")
def _on_sqlite(element: LedgerTime, compiler: SQLCompiler, **options: Any) -> str:
    # As SQLAlchemy writes times, with six digits after the point, so that they sort with those.
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


def hear_sqlite(connection: SqliteConnection, _record: object, _taken: object) -> None:
    """Go by the time of the host on which the ledger's file is."""
    (said,) = connection.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')").fetchone()
    clock.agree(dt.datetime.fromisoformat(said).replace(tzinfo=dt.UTC))


def hear_postgresql(driver: Any, connection: Any, record: Any, _taken: object) -> None:
    """Go by the time of the server; that it answers shows that the connection lives.

    A connection that has answered just now is not asked: the process counts by itself.
    """
    if time.monotonic() - record.info.get("heard", 0.0) < _HEARD_SECONDS:
        return
    try:
        connection.autocommit = True  # or the question would begin a transaction
        (said,) = connection.execute("SELECT clock_timestamp()").fetchone()
        connection.autocommit = False
    except driver.Error:
        if not record.info.get("heard"):
            raise  # a new connection: the server does not answer
        raise sa.exc.InvalidatePoolError from None  # it was restarted: connect anew
    record.info["heard"] = time.monotonic()
    clock.agree(said.astimezone(dt.UTC))
