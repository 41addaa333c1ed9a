"""What the embedded ERP has to buy, from whoever sells it for the least."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.production.tables import procurement_requests
from tasks.adapters.embedded.production.workshop_tables import supplier_prices, suppliers
from tasks.adapters.embedded.sales.rules import Article, articles
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.embedded.stock import book as stock_book
from tasks.adapters.embedded.stock.book import Goods, Occasion
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.sales import check_quantity
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProcurementRequest, ProcurementState
from tasks.values import Id, Quantity

#: what may still come
OPEN = (ProcurementState.REQUESTED, ProcurementState.ORDERED)


class Requests:
    """A `Procurement`; `clock` says on which day goods come in."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> ProcurementRequest | None:
        """Return the request that an earlier `request` with this key made."""
        with self._database.reading() as connection:
            return next(iter(_read(connection, procurement_requests.c.key == key)), None)

    def request(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        origin: Id | None = None,
    ) -> ProcurementRequest:
        """Ask for a product, or return what this key asked for before."""
        same_key = procurement_requests.c.key == key
        with self._database.writing() as connection:
            for made in _read(connection, same_key):
                return made
            [article] = articles(connection, [product]).values()
            check_quantity(article, quantity, verb="bought")
            price = _cheapest(connection, article, quantity.amount)
            insert_new(
                connection,
                procurement_requests,
                key=key,
                state=ProcurementState.REQUESTED,
                product_id=article.number,
                quantity=quantity.amount,
                due=due,
                origin=origin,
                supplier_id=price.supplier_id,
                unit_price=price.unit_price,
            )
            return _read(connection, same_key)[0]

    def get(self, request: Id) -> ProcurementRequest:
        """Return one request."""
        with self._database.reading() as connection:
            return _get(connection, request)

    def open_requests(self, product: Id | None = None) -> list[ProcurementRequest]:
        """Return what is requested or ordered, of one product or all, the first due first."""
        row = procurement_requests.c
        wanted: list[ColumnElement[bool]] = [row.state.in_(OPEN)]
        if product is not None:
            wanted.append(row.product_id == number_of("product", product))
        with self._database.reading() as connection:
            return _read(connection, and_(*wanted))

    def receive(self, request: Id) -> ProcurementRequest:
        """Put the goods on the shelf, at the supplier's price."""
        on = self._clock().date()
        with self._database.writing() as connection:
            if _move(connection, request, ProcurementState.RECEIVED):
                _bring(connection, request, on)
            return _get(connection, request)

    def cancel(self, request: Id) -> ProcurementRequest:
        """Ask no longer."""
        with self._database.writing() as connection:
            _move(connection, request, ProcurementState.CANCELLED)
            return _get(connection, request)


def _cheapest(connection: Connection, article: Article, amount: Decimal) -> Row[Any]:
    """Return the price of the supplier that sells so much for the least.

    Less than the least that a supplier lists costs what that costs.
    """
    price = supplier_prices.c
    query = (
        select(supplier_prices)
        .join(suppliers, suppliers.c.id == price.supplier_id)
        .where(price.product_id == article.number)
        .order_by(suppliers.c.code)
    )
    breaks: dict[int, Row[Any]] = {}
    for row in sorted(connection.execute(query), key=lambda row: row.min_quantity):
        if row.min_quantity <= amount or row.supplier_id not in breaks:
            breaks[row.supplier_id] = row
    if not breaks:
        raise Rejected(f"{article.code!r} cannot be bought: no supplier has a price for it")
    return min(breaks.values(), key=lambda row: row.unit_price)


def _move(connection: Connection, request: Id, target: ProcurementState) -> bool:
    """Move an open request; tell whether it was not there before."""
    row = procurement_requests.c
    number = number_of("procurement_request", request)
    may_move = (row.id == number) & row.state.in_(OPEN)
    move = update(procurement_requests).where(may_move).values(state=target)
    if connection.execute(move).rowcount:
        return True
    state = _get(connection, request).state
    if state != target:
        raise Rejected(
            f"request {document_number(number)} is {state} and cannot become {target}: "
            f"only {' and '.join(OPEN)} ones can"
        )
    return False


def _bring(connection: Connection, request: Id, on: dt.date) -> None:
    row = row_of(connection, procurement_requests, "procurement_request", request)
    arrived = Goods.at(row.product_id, row.quantity, row.unit_price)
    stock_book.receive(connection, Occasion(request, "received", Account.PAYABLE, on), [arrived])


def _get(connection: Connection, request: Id) -> ProcurementRequest:
    number = number_of("procurement_request", request)
    found = _read(connection, procurement_requests.c.id == number)
    if not found:
        raise no_such("procurement_request", request)
    return found[0]


def _read(connection: Connection, condition: ColumnElement[bool]) -> list[ProcurementRequest]:
    """Return the requests that fit, the first due first."""
    row = procurement_requests.c
    query = (
        select(procurement_requests, products.c.unit)
        .join(products, products.c.id == row.product_id)
        .where(condition)
        .order_by(row.due, row.id)
    )
    return [
        ProcurementRequest(
            id=id_of("procurement_request", found.id),
            number=document_number(found.id),
            key=found.key,
            state=ProcurementState(found.state),
            product=id_of("product", found.product_id),
            quantity=Quantity(amount=found.quantity, unit=found.unit),
            due=found.due,
            origin=found.origin,
        )
        for found in connection.execute(query)
    ]


def document_number(request: int) -> str:
    """Return what people call a request, such as `PR-00012`."""
    return f"PR-{request:05}"
