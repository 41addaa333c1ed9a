"""The production orders, and the moves the ERP allows them."""

import datetime as dt
from decimal import Decimal
from typing import Protocol

from tasks.inventory.contracts.production import ProductionOrder, WorkBooking
from tasks.inventory.contracts.stock import Reservation
from tasks.values import Id, Quantity

__all__ = ["ProductionOrders"]


class ProductionOrders(Protocol):
    """What is made here, from the plan to the shelf.

    Every method that takes an id raises NotFound when nothing has it.
    """

    def find(self, key: str) -> ProductionOrder | None:
        """Return the order that `create`, `scrap` or `rework` with this key made or changed."""
        ...

    def create(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        start: dt.date | None = None,
    ) -> ProductionOrder:
        """Plan an order with the materials and work of its bill, or return this key's.

        Raises:
            NotFound: no product has this id.
            Rejected: the product has no bill, or the quantity is not positive or not in its unit.
        """
        ...

    def get(self, order: Id) -> ProductionOrder:
        """Return one order."""
        ...

    def release(self, order: Id) -> ProductionOrder:
        """Move a draft to released, and make its operations; one further on stays.

        Raises:
            Rejected: it is cancelled.
        """
        ...

    def reserve(self, order: Id) -> Reservation:
        """Put aside the materials on the shelf, and say what is missing.

        The order is reserved once nothing is; else it stays released and keeps what it got.
        Called again it tries for the rest.

        Raises:
            Rejected: it is a draft, running, done or cancelled.
            Busy: somebody else is reserving: nothing happened.
        """
        ...

    def unreserve(self, order: Id) -> ProductionOrder:
        """Give the reserved materials back and move to released; one that has none stays.

        Raises:
            Rejected: it is running, done or cancelled.
        """
        ...

    def start(self, order: Id) -> ProductionOrder:
        """Consume the reserved materials and move to running; a running one stays.

        Raises:
            Rejected: it is not reserved.
        """
        ...

    def book_work(
        self, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date
    ) -> WorkBooking:
        """Write down work on a running order at the person's rate, or return this key's.

        Raises:
            NotFound: no order or person has this id, or the person has no rate on that day.
            Rejected: the order is not running, or the hours are not positive.
        """
        ...

    def find_work(self, key: str) -> WorkBooking | None:
        """Return the work that `book_work` with this key wrote down, and nobody took back."""
        ...

    def work(self, order: Id) -> list[WorkBooking]:
        """Return the work booked on an order, in the order of the bookings."""
        ...

    def unbook_work(self, booking: Id) -> None:
        """Take back a booking; taking it back twice is no error.

        Raises:
            Rejected: the order is done.
        """
        ...

    def scrap(self, key: str, order: Id, quantity: Quantity, *, reason: str) -> ProductionOrder:
        """Take goods that failed a check out of what a running order will bring, once a key.

        Their cost stays on the order: the good ones bear it. What is scrapped stays scrapped.

        Raises:
            Rejected: it is not running, or not that many are left.
        """
        ...

    def rework(
        self, key: str, order: Id, work_centre: Id, *, hours: Decimal, reason: str
    ) -> ProductionOrder:
        """Add an operation to a running order, to mend what failed a check, once a key.

        It has to be placed and booked as any other; afterwards a new check is opened.

        Raises:
            NotFound: no order or work centre has this id.
            Rejected: it is not running, or the hours are not positive.
        """
        ...

    def finish(self, order: Id) -> ProductionOrder:
        """Put the good ones on the shelf, post the cost and move to done; a done one stays.

        There is no way back.

        Raises:
            Rejected: it is not running, or a required check is missing, open or failed.
        """
        ...

    def cancel(self, order: Id) -> ProductionOrder:
        """Cancel it, and give back what it reserved or consumed; a cancelled one stays.

        Raises:
            Rejected: it is done, work is booked on it, or some of it is scrapped.
        """
        ...
