"""Offers as rows, and back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.sales.tables import offer_lines, offers
from tasks.adapters.ids import id_of, number_of
from tasks.billing.contracts import Offer, OfferLine, OfferState
from tasks.values import Quantity


def read_offer(connection: Connection, condition: ColumnElement[bool]) -> Offer | None:
    """Return the one offer that fits, with its lines."""
    row = connection.execute(select(offers).where(condition)).one_or_none()
    if row is None:
        return None
    query = select(offer_lines).where(offer_lines.c.offer_id == row.id)
    lines = connection.execute(query.order_by(offer_lines.c.position))
    return Offer(
        id=id_of("offer", row.id),
        number=row.number,
        reference=row.reference,
        state=OfferState(row.state),
        customer=id_of("customer", row.customer_id),
        salesperson=row.salesperson_id and id_of("person", row.salesperson_id),
        date=row.date,
        note=row.note,
        lines=tuple(_line(line) for line in lines),
        net=money(row.net),
        tax=money(row.tax),
        total=money(row.net + row.tax),
    )


def write_offer(connection: Connection, lines: Sequence[OfferLine], **columns: Any) -> int:
    """Insert an offer with its lines; return its number in the table."""
    made = connection.execute(insert(offers).values(columns).returning(offers.c.id))
    number: int = made.scalar_one()
    rows = [_row(line, offer_id=number, position=i) for i, line in enumerate(lines, start=1)]
    connection.execute(insert(offer_lines), rows)
    return number


def _line(row: Row[Any]) -> OfferLine:
    return OfferLine(
        product=id_of("product", row.product_id),
        text=row.text,
        quantity=Quantity(amount=row.quantity, unit=row.unit),
        unit_price=money(row.unit_price),
        amount=money(row.amount),
        tax_rate=row.tax_rate,
    )


def _row(line: OfferLine, *, offer_id: int, position: int) -> dict[str, Any]:
    return {
        "offer_id": offer_id,
        "position": position,
        "product_id": number_of("product", line.product),
        "text": line.text,
        "quantity": line.quantity.amount,
        "unit": line.quantity.unit,
        "unit_price": line.unit_price.amount,
        "amount": line.amount.amount,
        "tax_rate": line.tax_rate,
    }
