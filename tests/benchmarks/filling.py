"""A ledger that has seen millions of steps: copies of a run that was really made.

Rows are written as the database keeps them, past the ledger's verbs: the point is to have them,
and soon.
"""

import datetime as dt
import secrets
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import Ledger
from orchestrator.ledger.tables import events, runs, steps

BATCH_RUNS = 2_000
#: Of so many seconds are the runs that are made: nobody prunes them, as they are kept for longer.
SPREAD_SECONDS = 20 * 86400.0

Row = tuple[Any, ...]

#: What each copy has of its own: the run's id, and its times.
_OWN = {
    runs: ("id", "submitted_at", "started_at", "ended_at"),
    steps: ("run_id",),
    events: ("run_id",),
}


def fill(ledger: Ledger, run_id: str, copies: int) -> int:
    """Write so many copies of an ended run; return how many rows they have."""
    with ledger.read() as connection:
        originals = {
            table: _raw(connection, table, run_id, "id" if table is runs else "run_id")
            for table in (runs, steps, events)
        }
    copies_of = _copies(copies, naive_text=ledger.is_sqlite)
    written = 0
    while batch := list(islice(copies_of, BATCH_RUNS)):
        for table, (columns, rows) in originals.items():
            places = [columns.index(column) for column in _OWN[table]]
            made = [_changed(row, places, own) for own in batch for row in rows]
            _write(ledger, table.name, columns, made)
            written += len(made)
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As the database's own upkeep would have done meanwhile.
        connection.exec_driver_sql("ANALYZE" if ledger.is_sqlite else "VACUUM ANALYZE")
    return written


def _raw(
    connection: sa.Connection, table: sa.Table, run_id: str, key: str
) -> tuple[list[str], list[Row]]:
    """Return the columns of a table and a run's rows, as the driver has them."""
    # The numbers of events are given anew, and a key makes a run once.
    left_out = {"idempotency_key"} | ({"id"} if table is events else set())
    columns = [column.name for column in table.columns if column.name not in left_out]
    query = sa.text(f"SELECT {', '.join(columns)} FROM {table.name} WHERE {key} = :id")  # noqa: S608 (names of ours)
    return columns, [tuple(row) for row in connection.execute(query, {"id": run_id})]


def _copies(copies: int, *, naive_text: bool) -> Iterator[Row]:
    """Return the id of each copy, and when it was made."""
    begun = time.time() - SPREAD_SECONDS
    for number in range(copies):
        seconds = begun + SPREAD_SECONDS * number / copies
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        run_id = f"{int(seconds * 1000):011x}{secrets.token_hex(8)}"
        yield run_id, str(at.replace(tzinfo=None)) if naive_text else at


def _changed(row: Row, places: Sequence[int], own: Row) -> Row:
    changed = list(row)
    for number, place in enumerate(places):
        changed[place] = own[min(number, 1)]
    return tuple(changed)


def _write(ledger: Ledger, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names = ", ".join(columns)
    with ledger.write() as connection:
        if ledger.is_sqlite:
            marks = ", ".join("?" * len(columns))
            insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 (names of ours)
            connection.exec_driver_sql(insert, list(rows))
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
