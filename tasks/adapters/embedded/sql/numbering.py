"""Numbers for people: `OFF-2026-00001`, every one used, in every year from one.

The counter's row is locked until the document is committed, so two documents cannot get one
number, and a document that is rolled back gives its number to the next: a sequence of the
database would leave a gap there. The price is that documents of a series are made one at a time.
"""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Connection, select, update

from tasks.adapters.embedded.sales.tables import counters
from tasks.adapters.embedded.sql.database import insert_missing


class Series(StrEnum):
    """What is numbered, by how its numbers begin."""

    OFFER = "OFF"
    DELIVERY = "DEL"
    INVOICE = "INV"  #: and credit notes


def lock(connection: Connection, series: Series, date: dt.date) -> None:
    """Wait until nobody else numbers a document of the series in the date's year."""
    insert_missing(connection, counters, series=series, year=date.year, last=0)
    mine = (counters.c.series == series) & (counters.c.year == date.year)
    row = select(counters.c.last).where(mine)
    connection.execute(row.with_for_update())  # on SQLite BEGIN IMMEDIATE has done it


def next_number(connection: Connection, series: Series, date: dt.date) -> str:
    """Take the next number of the date's year; hold the lock."""
    step = (
        update(counters)
        .where(counters.c.series == series, counters.c.year == date.year)
        .values(last=counters.c.last + 1)
        .returning(counters.c.last)
    )
    return f"{series}-{date.year}-{connection.execute(step).scalar_one():05}"
