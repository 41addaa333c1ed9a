"""What is on the shelf, what will come and what will go: amounts that add up, in one query.

Each flow is a SELECT of a product's number, an amount, and 1 where it comes or -1 where it goes.
They are united before they are asked, so all of them are of one moment, though goods are shipped
meanwhile; and the databases add up nothing, since SQLite would make the amounts floats.

Who plans goods, such as production, gives `StockMoves` a `Plan` of its own.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Select, literal, select, union_all

from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.stock.deliveries import OPEN
from tasks.adapters.embedded.stock.delivery_tables import deliveries, delivery_lines
from tasks.adapters.embedded.stock.tables import reservations

Flow = Select[int, Decimal, int]
#: the flows of these product numbers that are planned for a day or before it
Plan = Callable[[Collection[int], dt.date], Iterable[Flow]]


def flow(product: ColumnElement[int], amount: ColumnElement[Decimal], sign: int) -> Flow:
    """Return a flow of all rows; the caller adds its conditions."""
    return select(product, amount, literal(sign))


def on_shelf(numbers: Collection[int]) -> Flow:
    """Return what is on hand."""
    row = products.c
    return flow(row.id, row.on_hand, 1).where(row.id.in_(numbers))


def to_customers(numbers: Collection[int]) -> Flow:
    """Return what open deliveries take, whenever they are planned."""
    line, delivery = delivery_lines.c, deliveries.c
    return (
        flow(line.product_id, line.quantity, -1)
        .join(deliveries, delivery.id == line.delivery_id)
        .where(line.product_id.in_(numbers), delivery.state.in_(OPEN))
    )


def put_aside_here(numbers: Collection[int]) -> Flow:
    """Return what documents that are no deliveries, such as production orders, have put aside."""
    row = reservations.c
    return flow(row.product_id, row.amount, -1).where(
        row.product_id.in_(numbers), row.document.not_like("delivery:%")
    )


def added_up(connection: Connection, flows: Iterable[Flow]) -> dict[int, Decimal]:
    """Return what the flows come to, by product number."""
    sums: dict[int, Decimal] = {}
    for number, amount, sign in connection.execute(union_all(*flows)):
        sums[number] = sums.get(number, Decimal(0)) + sign * amount
    return sums
