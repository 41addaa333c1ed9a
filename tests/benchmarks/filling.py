"""A ledger that has seen millions of steps: copies of a run that was really made.

The database copies its own rows, past the ledger's verbs: the point is to have them, and soon.
"""

import datetime as dt
import secrets
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import Ledger
from orchestrator.ledger.columns import Utc
from orchestrator.ledger.tables import events, runs, steps

BATCH_RUNS = 10_000
#: Of so many seconds are the runs that are made: nobody prunes them, as they are kept for longer.
SPREAD_SECONDS = 20 * 86400.0

#: Which runs a batch makes; it is there as long as its connection.
_copies = sa.Table(
    "copies",
    sa.MetaData(),
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("at", Utc, nullable=False),
    prefixes=["TEMPORARY"],
)

#: What a copy has of its own; the numbers of events are given anew, and a key makes a run once.
_OWN: dict[sa.Table, dict[str, sa.ColumnElement[Any]]] = {
    runs: {
        "id": _copies.c.run_id,
        "submitted_at": _copies.c.at,
        "started_at": _copies.c.at,
        "ended_at": _copies.c.at,
    },
    steps: {"run_id": _copies.c.run_id},
    events: {"run_id": _copies.c.run_id},
}
_LEFT_OUT = {runs: "idempotency_key", events: "id"}


def fill(ledger: Ledger, run_id: str, copies: int) -> int:
    """Write so many copies of an ended run; return how many rows they have."""
    written = 0
    rows = _rows(copies)
    with ledger.engine.connect() as connection:
        _copies.create(connection)
        while batch := list(islice(rows, BATCH_RUNS)):
            connection.execute(sa.insert(_copies), batch)
            for table in _OWN:
                made = connection.execute(_copy(table, run_id))
                written += made.rowcount
            connection.execute(sa.delete(_copies))
            connection.commit()
        _copies.drop(connection)
        connection.commit()
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As the database's own upkeep would have done meanwhile.
        connection.exec_driver_sql("ANALYZE" if ledger.is_sqlite else "VACUUM ANALYZE")
        if not ledger.is_sqlite:  # or what was just written is still being put away
            connection.exec_driver_sql("CHECKPOINT")
    return written


def _rows(copies: int) -> Iterator[dict[str, Any]]:
    begun = time.time() - SPREAD_SECONDS
    for number in range(copies):
        seconds = begun + SPREAD_SECONDS * number / copies
        run_id = f"{int(seconds * 1000):011x}{secrets.token_hex(8)}"
        yield {"run_id": run_id, "at": dt.datetime.fromtimestamp(seconds, dt.UTC)}


def _copy(table: sa.Table, run_id: str) -> sa.Insert:
    columns = [column for column in table.columns if column.name != _LEFT_OUT.get(table)]
    taken = [_OWN[table].get(column.name, column) for column in columns]
    key = table.c.id if table is runs else table.c.run_id
    order = [_copies.c.run_id, *([table.c.id] if table is events else [])]
    each = _copies.join(table, key == run_id)
    query = sa.select(*taken).select_from(each).order_by(*order)
    copied = sa.insert(table).from_select([column.name for column in columns], query)
    return copied.execution_options(preserve_rowcount=True)
