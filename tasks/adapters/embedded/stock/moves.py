"""The deliveries of the embedded ERP, and what the shelf will hold.

    waiting ◀──▶ reserved ──▶ shipped

As in Tryton, a delivery that gets only a part of its goods keeps it and waits for the rest.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sqlalchemy import Connection, select, update

from tasks.accounting import Posting
from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.currency import NOTHING, money
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.sales.tables import offers
from tasks.adapters.embedded.sql import records
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock import book as stock_book
from tasks.adapters.embedded.stock import flows
from tasks.adapters.embedded.stock.book import Occasion
from tasks.adapters.embedded.stock.deliveries import OPEN, amounts, read_deliveries
from tasks.adapters.embedded.stock.delivery_tables import deliveries
from tasks.adapters.embedded.stock.flows import Plan
from tasks.adapters.embedded.stock.reserving import reservation
from tasks.adapters.ids import no_such, number_of, numbers_of
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import Delivery, DeliveryState, Reservation
from tasks.values import Id, Money


class StockMoves:
    """A `StockMoves`.

    Args:
        plans: what others plan to bring and take, each on a day.
        clock: says which day it is.
    """

    def __init__(
        self, database: Database, plans: Sequence[Plan] = (), clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._plans = plans
        self._clock = clock

    def forecast(self, products: Sequence[Id], on: dt.date) -> dict[Id, Decimal]:
        """Return what will be on the shelf at a day's end."""
        known = numbers_of("product", products)
        going = flows.to_customers(known).where(deliveries.c.planned <= on)
        planned = [flow for plan in self._plans for flow in plan(known, on)]
        with self._database.reading() as connection:
            sums = flows.added_up(connection, [flows.on_shelf(known), going, *planned])
        return dict.fromkeys(products, Decimal(0)) | {known[n]: sums[n] for n in sums}

    def worth(self, products: Sequence[Id]) -> dict[Id, Money]:
        """Return at what cost the books hold what is on hand."""
        known = numbers_of("product", products)
        with self._database.reading() as connection:
            held = stock_book.worth(connection, known)
        worth = dict.fromkeys(products, NOTHING)
        return worth | {known[n]: money(held[n]) for n in held}

    def deliveries(self, order: Id) -> list[Delivery]:
        """Return the deliveries of an ordered offer."""
        number = number_of("offer", order)
        with self._database.reading() as connection:
            if connection.execute(select(offers.c.id).filter_by(id=number)).one_or_none() is None:
                raise no_such("offer", order)
            return read_deliveries(connection, deliveries.c.offer_id == number)

    def get(self, delivery: Id) -> Delivery:
        """Return one delivery."""
        with self._database.reading() as connection:
            return _get(connection, delivery)

    def reserve(self, delivery: Id) -> Reservation:
        """Put aside what is on the shelf and nobody's."""
        with self._open(delivery) as (connection, held):
            aside = stock_book.reserve(connection, delivery, amounts(held))
            waits = bool(aside.missing)
            _set(connection, held, DeliveryState.WAITING if waits else DeliveryState.RESERVED)
            return reservation(connection, delivery, aside)

    def release(self, delivery: Id) -> Delivery:
        """Give back what is reserved."""
        with self._open(delivery) as (connection, held):
            stock_book.release(connection, delivery)
            return _set(connection, held, DeliveryState.WAITING)

    def ship(self, delivery: Id) -> Delivery:
        """Send a reserved delivery, and post its cost of sales."""
        with self._locked(delivery) as (connection, held):
            if held.state == DeliveryState.SHIPPED:
                return held
            if held.state != DeliveryState.RESERVED:
                raise Rejected(
                    f"delivery {held.number} is {held.state} and cannot be shipped: "
                    "only reserved deliveries can"
                )
            today = self._clock().date()
            occasion = Occasion(delivery, "shipped", Account.COST_OF_SALES, today)
            lines = [(number_of("product", w.product), w.quantity.amount) for w in held.lines]
            stock_book.take(connection, occasion, lines)
            return _set(connection, held, DeliveryState.SHIPPED)

    def postings(self, delivery: Id) -> list[Posting]:
        """Return what its shipping posted."""
        with self._database.reading() as connection:
            return journal.postings(connection, _get(connection, delivery).id)

    @contextlib.contextmanager
    def _open(self, delivery: Id) -> Iterator[tuple[Connection, Delivery]]:
        with self._locked(delivery) as (connection, held):
            if held.state not in OPEN:
                raise Rejected(
                    f"delivery {held.number} is {held.state}: nothing can be put aside for it "
                    "or given back any more"
                )
            yield connection, held

    @contextlib.contextmanager
    def _locked(self, delivery: Id) -> Iterator[tuple[Connection, Delivery]]:
        with self._database.writing() as connection:
            records.hold(connection, deliveries, "delivery", delivery)
            yield connection, _get(connection, delivery)


def _get(connection: Connection, delivery: Id) -> Delivery:
    number = number_of("delivery", delivery)
    found = read_deliveries(connection, deliveries.c.id == number)
    if not found:
        raise no_such("delivery", delivery)
    return found[0]


def _set(connection: Connection, delivery: Delivery, state: DeliveryState) -> Delivery:
    row = deliveries.c.id == number_of("delivery", delivery.id)
    connection.execute(update(deliveries).where(row).values(state=state))
    return delivery.model_copy(update={"state": state})
