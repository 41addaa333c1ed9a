"""The production orders of the embedded ERP.

    draft ──▶ released ◀──▶ reserved ──▶ running ──▶ done
      └──────────┴─────────────┴───────────┴───▶ cancelled

The stock book keeps the goods and their worth, the journal the rest of the cost: an order only says
when. Whatever one verb does, to the order, the stock and the books, is one transaction.
"""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Connection

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.production import floor
from tasks.adapters.embedded.production import goods as production_goods
from tasks.adapters.embedded.production import work as production_work
from tasks.adapters.embedded.production.quality import assert_checked
from tasks.adapters.embedded.production.recipes import recipe_of
from tasks.adapters.embedded.production.records import (
    KIND,
    claim,
    claim_unless,
    find_order,
    get_order,
    hold,
)
from tasks.adapters.embedded.production.tables import production_orders, production_scraps
from tasks.adapters.embedded.sales.rules import Article, articles
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.rules.production import (
    CANCELLED,
    DONE,
    DRAFT,
    RELEASED,
    RESERVED,
    RUNNING,
    check_left,
    check_nothing_lost,
    not_made,
)
from tasks.adapters.rules.recipes import Recipe
from tasks.adapters.rules.sales import check_quantity
from tasks.inventory.contracts import ProductionOrder, Reservation, WorkBooking
from tasks.values import Id, Quantity


class Orders:
    """A `ProductionOrders`; `clock` says which day it is."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> ProductionOrder | None:
        """Return the order that `create`, `scrap` or `rework` with this key made or changed."""
        with self._database.reading() as connection:
            return find_order(connection, key)

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
        with self._database.writing() as connection:
            made = find_order(connection, key)
            if made is not None:
                return made
            [article] = articles(connection, [product]).values()
            recipe = _recipe(connection, article)
            check_quantity(article, quantity, verb="made")
            number = insert_new(
                connection,
                production_orders,
                key=key,
                state=DRAFT,
                product_id=article.number,
                quantity=quantity.amount,
                start=start,
                due=due,
            )
            if number is not None:
                production_goods.plan(connection, number, recipe, quantity.amount)
            return _made(connection, key)

    def get(self, order: Id) -> ProductionOrder:
        """Return one order."""
        with self._database.reading() as connection:
            return get_order(connection, order)

    def release(self, order: Id) -> ProductionOrder:
        """Move a draft to released, and make its operations."""
        further = (RELEASED, RESERVED, RUNNING, DONE)
        with self._database.writing() as connection:
            number = claim_unless(
                connection, order, "released", (DRAFT,), target=RELEASED, stays=further
            )
            if number is not None:
                floor.open_operations(connection, number)
            return get_order(connection, order)

    def reserve(self, order: Id) -> Reservation:
        """Put aside the materials on the shelf, and say what is missing."""
        with self._database.writing() as connection:
            number = claim(connection, order, "reserved", (RELEASED, RESERVED), target=RELEASED)
            reservation = production_goods.reserve(connection, number)
            if reservation.complete:
                claim(connection, order, "reserved", (RELEASED,), target=RESERVED)
        return reservation

    def unreserve(self, order: Id) -> ProductionOrder:
        """Give the reserved materials back and move to released."""
        with self._database.writing() as connection:
            claim_unless(
                connection,
                order,
                "unreserved",
                (RELEASED, RESERVED),
                target=RELEASED,
                stays=(DRAFT,),
            )
            production_goods.release(connection, order)
            return get_order(connection, order)

    def start(self, order: Id) -> ProductionOrder:
        """Consume the reserved materials and move to running."""
        with self._database.writing() as connection:
            number = claim_unless(
                connection, order, "started", (RESERVED,), target=RUNNING, stays=(RUNNING,)
            )
            if number is not None:
                production_goods.consume(connection, number, on=self._today())
            return get_order(connection, order)

    def book_work(
        self, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date
    ) -> WorkBooking:
        """Write down work on a running order at the person's rate, or return this key's."""
        with self._database.writing() as connection:
            return production_work.book(connection, key, order, person, hours=hours, on=on)

    def find_work(self, key: str) -> WorkBooking | None:
        """Return the work that `book_work` with this key wrote down, and nobody took back."""
        with self._database.reading() as connection:
            return production_work.find(connection, key)

    def work(self, order: Id) -> list[WorkBooking]:
        """Return the work booked on an order, in the order of the bookings."""
        with self._database.reading() as connection:
            number = row_of(connection, production_orders, KIND, order).id
            return production_work.booked_on(connection, number)

    def unbook_work(self, booking: Id) -> None:
        """Take back a booking."""
        with self._database.writing() as connection:
            production_work.take_back(connection, booking, on=self._today())

    def scrap(self, key: str, order: Id, quantity: Quantity, *, reason: str) -> ProductionOrder:
        """Take goods that failed a check out of what a running order will bring, once a key."""
        with self._database.writing() as connection:
            hold(connection, order)
            changed = find_order(connection, key)
            if changed is not None:
                return changed
            number = claim(connection, order, "scrapped of", (RUNNING,))
            _check_scrap(connection, order, quantity)
            insert_new(
                connection,
                production_scraps,
                key=key,
                order_id=number,
                quantity=quantity.amount,
                reason=reason,
            )
            return _made(connection, key)

    def rework(
        self, key: str, order: Id, work_centre: Id, *, hours: Decimal, reason: str
    ) -> ProductionOrder:
        """Add an operation to a running order, to mend what failed a check, once a key."""
        with self._database.writing() as connection:
            hold(connection, order)
            changed = find_order(connection, key)
            if changed is not None:
                return changed
            number = claim(connection, order, "reworked", (RUNNING,))
            floor.open_rework(connection, key, number, work_centre, hours=hours, reason=reason)
            return _made(connection, key)

    def finish(self, order: Id) -> ProductionOrder:
        """Put the good ones on the shelf, post the cost and move to done."""
        with self._database.writing() as connection:
            number = claim_unless(
                connection, order, "finished", (RUNNING,), target=DONE, stays=(DONE,)
            )
            finished = get_order(connection, order)
            if number is not None:
                assert_checked(connection, finished)
                production_goods.bring(connection, finished, on=self._today())
                floor.close_operations(connection, number)
        return finished

    def cancel(self, order: Id) -> ProductionOrder:
        """Cancel it, and give back what it reserved or consumed."""
        with self._database.writing() as connection:
            number = claim_unless(
                connection,
                order,
                "cancelled",
                (DRAFT, RELEASED, RESERVED, RUNNING),
                target=CANCELLED,
                stays=(CANCELLED,),
            )
            if number is not None:
                work = production_work.booked_on(connection, number)
                check_nothing_lost(get_order(connection, order), work)
                production_goods.give_back(connection, number, on=self._today())
                floor.cancel_operations(connection, number)
            return get_order(connection, order)

    def _today(self) -> dt.date:
        return self._clock().date()


def _recipe(connection: Connection, article: Article) -> Recipe:
    recipe = recipe_of(connection, article.number)
    if recipe is None:
        raise not_made(article.code)
    return recipe


def _made(connection: Connection, key: str) -> ProductionOrder:
    found = find_order(connection, key)
    if found is None:
        raise LookupError(f"no order has the key {key!r}, which was just written")
    return found


def _check_scrap(connection: Connection, order: Id, quantity: Quantity) -> None:
    running = get_order(connection, order)
    [article] = articles(connection, [running.product]).values()
    check_quantity(article, quantity, verb="scrapped")
    check_left(running, quantity)
