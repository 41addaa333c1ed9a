"""Deliveries as rows, and back; an ordered offer makes one."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from tasks.adapters.embedded.sql import numbering
from tasks.adapters.embedded.sql.numbering import Series
from tasks.adapters.embedded.stock.delivery_tables import deliveries, delivery_lines
from tasks.adapters.ids import id_of, number_of
from tasks.billing.contracts import Offer
from tasks.inventory.contracts import Delivery, DeliveryState
from tasks.values import Quantity, Wanted

#: in these a delivery promises its goods to the customer
OPEN = (DeliveryState.WAITING, DeliveryState.RESERVED)


def make_delivery(connection: Connection, order: Offer, planned: dt.date) -> None:
    """Write the delivery of all that was ordered."""
    numbering.lock(connection, Series.DELIVERY, planned)
    columns = {
        "number": numbering.next_number(connection, Series.DELIVERY, planned),
        "offer_id": number_of("offer", order.id),
        "customer_id": number_of("customer", order.customer),
        "state": DeliveryState.WAITING,
        "planned": planned,
    }
    made = connection.execute(insert(deliveries).values(columns).returning(deliveries.c.id))
    number = made.scalar_one()
    rows = [
        {
            "delivery_id": number,
            "position": position,
            "product_id": number_of("product", line.product),
            "quantity": line.quantity.amount,
            "unit": line.quantity.unit,
        }
        for position, line in enumerate(order.lines, start=1)
    ]
    connection.execute(insert(delivery_lines), rows)


def read_deliveries(connection: Connection, condition: ColumnElement[bool]) -> list[Delivery]:
    """Return the deliveries that fit, the first planned first."""
    query = select(deliveries).where(condition).order_by(deliveries.c.planned, deliveries.c.id)
    return [_delivery(connection, row) for row in connection.execute(query).all()]


def amounts(delivery: Delivery) -> dict[int, Decimal]:
    """Return how much a delivery takes of each product, by product number."""
    sums: dict[int, Decimal] = {}
    for line in delivery.lines:
        number = number_of("product", line.product)
        sums[number] = sums.get(number, Decimal(0)) + line.quantity.amount
    return sums


def _delivery(connection: Connection, row: Row[Any]) -> Delivery:
    query = select(delivery_lines).where(delivery_lines.c.delivery_id == row.id)
    lines = connection.execute(query.order_by(delivery_lines.c.position))
    return Delivery(
        id=id_of("delivery", row.id),
        number=row.number,
        state=DeliveryState(row.state),
        order=id_of("offer", row.offer_id),
        customer=id_of("customer", row.customer_id),
        lines=tuple(
            Wanted(
                product=id_of("product", line.product_id),
                quantity=Quantity(amount=line.quantity, unit=line.unit),
            )
            for line in lines
        ),
        planned=row.planned,
    )
