"""What time it is by the ledger's own clock, which all hosts share.

Leases go by it. By the clocks of their hosts a maintenance that is a minute ahead takes
every step from its living worker, again and again until the steps are given up, and a
worker that is a minute behind never seems to live.
"""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from orchestrator.ledger.columns import Utc


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
