"""The work booked on production orders in Tryton: lines of timesheets, at the person's rate.

A line's UUID is made of the key, and Tryton takes each once. A booking that is taken back becomes
a line of no time without a UUID: its key is free again, and people still see what happened.

A line is of one work: the latest rework where there is one, else the order's first.
"""

import datetime as dt
import uuid
from decimal import Decimal

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.production import RUNNING, check_hours
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.production.floor import REWORK
from tasks.adapters.tryton.production.maps import BOOKINGS, KIND, duration_of, hours_of
from tasks.adapters.tryton.production.order_records import OrderRecords
from tasks.adapters.tryton.records import read
from tasks.adapters.tryton.sales.labour_rates import Rates
from tasks.adapters.tryton.wire import Record
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProductionOrder, WorkBooking
from tasks.values import Id, Money

_MODEL = BOOKINGS.record
_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "orchestrator:work")
_ASKED = (*BOOKINGS.asked, "cost_price", "company.currency.code", "work.origin.production")
_ON_ORDERS = ("work.origin", "like", "production.work,%")
_STANDS = ("duration", ">", dt.timedelta())


class Labour:
    """The bookings of one company's books."""

    def __init__(self, books: Books, orders: OrderRecords) -> None:
        self._books = books
        self._tryton = books.tryton
        self._orders = orders
        self._rates = Rates(books)

    def book(self, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date) -> WorkBooking:
        """Write down work on a running order, or return this key's.

        Raises:
            NotFound: no order or person has this id, or the person has no rate on that day.
            Rejected: the order is not running, or the hours are not positive.
        """

        def make() -> WorkBooking:
            running = self._orders.claim(order, "worked on", (RUNNING,))
            check_hours(hours)
            self._rates.labour_rate(person, on)
            line = {
                "work": self._timesheet(running),
                "employee": number_of("person", person),
                "date": on,
                "duration": duration_of(hours),
                "description": kept_key(key),
                "uuid": _uuid(key),
            }
            (made,) = self._tryton.create(_MODEL, [line])
            return self._read([("id", "=", made)])[0]

        return self._books.once(key, self.find, make, document=order)

    def find(self, key: str) -> WorkBooking | None:
        """Return what this key wrote down, and nobody took back."""
        return next(iter(self._read([("uuid", "=", _uuid(key))])), None)

    def of(self, order: Id) -> list[WorkBooking]:
        """Return the work booked on an order, in the order of the bookings."""
        number = number_of(KIND, order)
        return self._read([("work.origin.production", "=", number, "production.work"), _STANDS])

    def take_back(self, booking: Id) -> None:
        """Take back a booking; one that is taken back stays so.

        Raises:
            NotFound: nothing has this id.
            Rejected: its order is not running any more.
        """
        number = number_of("work", booking)
        found = self._tryton.search_read(
            _MODEL, [("id", "=", number), _ON_ORDERS], ["work.origin.production"]
        )
        if not found:
            raise no_such("work", booking)
        order = id_of(KIND, found[0]["work."]["origin."]["production"])
        with self._books.held(order):
            if self._read([("id", "=", number), _STANDS]):
                self._orders.claim(order, "relieved of work", (RUNNING,))
                nothing = {"duration": dt.timedelta(), "uuid": None}
                self._tryton.write(_MODEL, [number], nothing)

    def _timesheet(self, order: ProductionOrder) -> int:
        """Return the timesheet that work on an order is written on."""
        found = self._tryton.search_read(
            "production.work",
            [("production", "=", number_of(KIND, order.id)), ("timesheet_works", "!=", None)],
            ["sequence", "timesheet_works", "operation.name"],
            order=[("sequence", "ASC"), ("id", "ASC")],
        )
        if not found:
            raise Rejected(
                f"production order {order.number} has no operation with a timesheet: "
                "give its bill a routing whose operations are available on timesheets"
            )
        first, last = found[0], found[-1]
        chosen = last if last["operation."]["name"] == REWORK else first
        return int(chosen["timesheet_works"][0])

    def _read(self, condition: Domain) -> list[WorkBooking]:
        found = self._tryton.search_read(_MODEL, condition, _ASKED, order=[("id", "ASC")])
        return [_booking(row) for row in found]


def _booking(row: Record) -> WorkBooking:
    hour = Money.of(row["cost_price"], row["company."]["currency."]["code"])
    return read(
        BOOKINGS,
        row,
        order=id_of(KIND, row["work."]["origin."]["production"]),
        cost=(hour * hours_of(row["duration"])).rounded(),
    )


def _uuid(key: str) -> str:
    return str(uuid.uuid5(_KEYS, key))
