"""The production orders in Tryton.

    ours        Tryton's state        its button
    draft       request, draft
    released    waiting               wait
    reserved    assigned              assign_try; back: wait
    running     running               run
    done        done                  do
    cancelled   cancelled             cancel

A verb looks at the order and then presses a button; it holds the order's lock, so no other of ours
comes between. People who work in Tryton's own client do not hold it: Tryton ignores a button that
does not fit the state, and we look afterwards what came of it.
"""

import datetime as dt
from decimal import Decimal

from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.production import (
    CANCELLED,
    DONE,
    DRAFT,
    PLANNED,
    RELEASED,
    RESERVED,
    RUNNING,
    check_nothing_lost,
)
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.production.floor import Floor
from tasks.adapters.tryton.production.inspecting import Inspecting
from tasks.adapters.tryton.production.labour import Labour
from tasks.adapters.tryton.production.maps import KIND, WORK_CENTRES
from tasks.adapters.tryton.production.order_records import OrderRecords, reservation
from tasks.adapters.tryton.production.planning import Planning
from tasks.adapters.tryton.production.scrapping import Scrapping
from tasks.adapters.tryton.records import existing
from tasks.inventory.contracts import ProductionOrder, Reservation, WorkBooking
from tasks.values import Id, Quantity


class Orders:
    """A `ProductionOrders`."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._records = OrderRecords(books)
        self._planning = Planning(books)
        self._scrapping = Scrapping(books, self._records)
        self._floor = Floor(books)
        self._labour = Labour(books, self._records)
        self._checks = Inspecting(books)

    def find(self, key: str) -> ProductionOrder | None:
        """Return the order that `create`, `scrap` or `rework` with this key made or changed."""
        return self._records.find(key)

    def create(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        start: dt.date | None = None,
    ) -> ProductionOrder:
        """Plan an order with the materials of its bill, or return this key's."""

        def make() -> ProductionOrder:
            number = self._planning.create(key, product, quantity, due=due, start=start)
            return self.get(id_of(KIND, number))

        return self._books.once(key, self.find, make)

    def get(self, order: Id) -> ProductionOrder:
        """Return one order."""
        return self._records.get(order)

    def release(self, order: Id) -> ProductionOrder:
        """Move a draft to released; Tryton makes its operations."""
        with self._books.held(order):
            found = self._records.claim(
                order, "released", (DRAFT, RELEASED, RESERVED, RUNNING, DONE)
            )
            # `wait` of one further on would give back what it has reserved.
            return self._records.press(found, "wait", RELEASED) if found.state == DRAFT else found

    def reserve(self, order: Id) -> Reservation:
        """Put aside the materials on the shelf, and say what is missing."""
        with self._books.held(order):
            found = self._records.claim(order, "reserved", (RELEASED, RESERVED))
            if found.state == RELEASED:
                self._records.tryton.call("model.production.assign_try", [number_of(KIND, order)])
                found = self.get(order)
        return reservation(found)

    def unreserve(self, order: Id) -> ProductionOrder:
        """Give the reserved materials back and move to released."""
        with self._books.held(order):
            found = self._records.claim(order, "unreserved", PLANNED)
            has_some = any(item.reserved.amount for item in found.materials)
            if found.state == RESERVED or has_some:
                return self._records.press(found, "wait", RELEASED)
            return found

    def start(self, order: Id) -> ProductionOrder:
        """Consume the reserved materials and move to running."""
        with self._books.held(order):
            found = self._records.claim(order, "started", (RESERVED, RUNNING))
            if found.state == RESERVED:
                found = self._records.press(found, "run", RUNNING)
            self._checks.link(order)
            return found

    def book_work(
        self, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date
    ) -> WorkBooking:
        """Write down work on a running order at the person's rate, or return this key's."""
        return self._labour.book(key, order, person, hours=hours, on=on)

    def find_work(self, key: str) -> WorkBooking | None:
        """Return the work that `book_work` with this key wrote down, and nobody took back."""
        return self._labour.find(key)

    def work(self, order: Id) -> list[WorkBooking]:
        """Return the work booked on an order, in the order of the bookings."""
        booked = self._labour.of(order)
        if not booked:
            self.get(order)
        return booked

    def unbook_work(self, booking: Id) -> None:
        """Take back a booking."""
        self._labour.take_back(booking)

    def scrap(self, key: str, order: Id, quantity: Quantity, *, reason: str) -> ProductionOrder:
        """Take goods that failed a check out of what a running order will bring, once a key."""
        with self._books.held(order):
            changed = self.find(key)
            if changed is None:
                running = self._records.claim(order, "scrapped of", (RUNNING,))
                self._scrapping.write(key, running, quantity, reason)
                changed = self.get(order)
            if changed.state == RUNNING:
                self._scrapping.settle(changed)
            return changed

    def rework(
        self, key: str, order: Id, work_centre: Id, *, hours: Decimal, reason: str
    ) -> ProductionOrder:
        """Add an operation to a running order, to mend what failed a check, once a key."""
        with self._books.held(order):
            changed = self.find(key)
            note = self._records.note(key)
            if changed is None:
                changed = self._records.claim(order, "reworked", (RUNNING,))
                note = self._floor.rework(
                    key,
                    number_of(KIND, order),
                    existing(self._books.tryton, WORK_CENTRES.record, "work_centre", work_centre),
                    hours=hours,
                    reason=reason,
                )
            if note is not None and "rework" in note.facts and changed.state == RUNNING:
                self._floor.add_rework(note)
            return changed

    def finish(self, order: Id) -> ProductionOrder:
        """Put the good ones on the shelf and move to done."""
        with self._books.held(order):
            found = self._records.claim(order, "finished", (RUNNING, DONE))
            if found.state == DONE:
                return found
            self._checks.pass_on(found)
            self._scrapping.settle(found)
            self._floor.close(number_of(KIND, order))
            return self._records.press(found, "do", DONE)

    def cancel(self, order: Id) -> ProductionOrder:
        """Cancel it, and give back what it reserved or consumed."""
        with self._books.held(order):
            found = self._records.claim(order, "cancelled", (*PLANNED, RUNNING, CANCELLED))
            if found.state == CANCELLED:
                return found
            check_nothing_lost(found, self._labour.of(order))
            cycles = self._floor.keep(number_of(KIND, order))
            cancelled = self._records.press(found, "cancel", CANCELLED)
            self._floor.cancel(cycles)
            return cancelled
