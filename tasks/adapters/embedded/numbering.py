"""Numbers of offers: `OFF-2026-00001`, every one used, in every year from one.

The counter's row is locked until the offer is committed, so two offers cannot get one
number, and an offer that is rolled back gives its number to the next: a sequence of
the database would leave a gap there. The price is that offers are made one at a time.
"""

import datetime as dt

from sqlalchemy import Connection, select, update

from tasks.adapters.embedded.database import insert_missing
from tasks.adapters.embedded.tables import offer_counters


def lock(connection: Connection, date: dt.date) -> None:
    """Wait until nobody else numbers an offer of the date's year."""
    insert_missing(connection, offer_counters, year=date.year, last=0)
    row = select(offer_counters.c.year).where(offer_counters.c.year == date.year)
    connection.execute(row.with_for_update())  # on SQLite BEGIN IMMEDIATE has done it


def next_number(connection: Connection, date: dt.date) -> str:
    """Take the next number of the date's year; hold the lock."""
    step = (
        update(offer_counters)
        .where(offer_counters.c.year == date.year)
        .values(last=offer_counters.c.last + 1)
        .returning(offer_counters.c.last)
    )
    return f"OFF-{date.year}-{connection.execute(step).scalar_one():05}"
