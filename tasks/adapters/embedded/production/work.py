"""The work booked on production orders, each booking posted at the person's rate."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.production.labour_rates import rate_of
from tasks.adapters.embedded.production.records import KIND, claim, hold
from tasks.adapters.embedded.production.tables import work_bookings
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.production import RUNNING, check_hours
from tasks.inventory.contracts import WorkBooking
from tasks.values import Id


def book(
    connection: Connection, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date
) -> WorkBooking:
    """Write down work on a running order, or return this key's.

    Raises:
        NotFound: no order or person has this id, or the person has no rate on that day.
        Rejected: the order is not running, or the hours are not positive.
    """
    hold(connection, order)
    made = find(connection, key)
    if made is not None:
        return made
    number = claim(connection, order, "worked on", (RUNNING,))
    check_hours(hours)
    cost = (rate_of(connection, person, on) * hours).rounded().amount
    booking = insert_new(
        connection,
        work_bookings,
        key=key,
        order_id=number,
        person_id=number_of("person", person),
        hours=hours,
        on=on,
        cost=cost,
    )
    if booking is not None:
        lines = [Line(Account.PRODUCTION, cost, "work"), Line(Account.LABOUR, -cost, "work")]
        journal.post(connection, order, _purpose(booking), lines, on=on)
    return _bookings(connection, _with_key(key))[0]


def find(connection: Connection, key: str) -> WorkBooking | None:
    """Return what this key wrote down, and nobody took back."""
    return next(iter(_bookings(connection, _with_key(key))), None)


def booked_on(connection: Connection, order: int) -> list[WorkBooking]:
    """Return the work booked on an order, in the order of the bookings."""
    return _bookings(connection, (work_bookings.c.order_id == order) & ~work_bookings.c.taken_back)


def take_back(connection: Connection, booking: Id, *, on: dt.date) -> None:
    """Take back a booking; one that is taken back stays so.

    Raises:
        NotFound: nothing has this id.
        Rejected: its order is not running any more.
    """
    row = row_of(connection, work_bookings, "work", booking)
    if row.taken_back:
        return
    order = id_of(KIND, row.order_id)
    claim(connection, order, "relieved of work", (RUNNING,))
    stands = (work_bookings.c.id == row.id) & ~work_bookings.c.taken_back
    if connection.execute(update(work_bookings).where(stands).values(taken_back=True)).rowcount:
        journal.reverse(connection, order, _purpose(row.id), on=on)


def _purpose(booking: int) -> str:
    return f"work {booking}"


def _with_key(key: str) -> ColumnElement[bool]:
    return (work_bookings.c.key == key) & ~work_bookings.c.taken_back


def _bookings(connection: Connection, condition: ColumnElement[bool]) -> list[WorkBooking]:
    query = select(work_bookings).where(condition).order_by(work_bookings.c.id)
    return [_booking(row) for row in connection.execute(query)]


def _booking(row: Row[Any]) -> WorkBooking:
    return WorkBooking(
        id=id_of("work", row.id),
        key=row.key,
        order=id_of(KIND, row.order_id),
        person=id_of("person", row.person_id),
        hours=row.hours,
        on=row.on,
        cost=money(row.cost),
    )
