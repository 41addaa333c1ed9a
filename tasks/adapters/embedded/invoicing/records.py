"""Invoices as rows, and back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.invoicing.tables import invoice_lines, invoices, payments
from tasks.adapters.embedded.sales.rules import totals
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.ids import id_of, number_of
from tasks.billing.contracts import Invoice, InvoiceLine, InvoiceState
from tasks.values import Quantity


def read_invoices(connection: Connection, *conditions: ColumnElement[bool]) -> list[Invoice]:
    """Return the invoices that fit, with their lines, by due date and number."""
    query = select(invoices).where(*conditions)
    rows = connection.execute(query.order_by(invoices.c.due, invoices.c.number)).all()
    numbers = [row.id for row in rows]
    lines = _lines(connection, numbers)
    paid = _paid(connection, numbers)
    return [_invoice(row, lines[row.id], paid[row.id]) for row in rows]


def write_invoice(
    connection: Connection, key: str, lines: Sequence[InvoiceLine], **columns: Any
) -> int | None:
    """Insert an invoice with its lines; return its number, None when the key made one before."""
    net, tax = totals(lines)
    number = insert_new(connection, invoices, key=key, net=net.amount, tax=tax.amount, **columns)
    if number is not None:
        rows = [_row(line, number, position) for position, line in enumerate(lines, start=1)]
        connection.execute(insert(invoice_lines), rows)
    return number


def _lines(connection: Connection, numbers: Collection[int]) -> dict[int, list[InvoiceLine]]:
    row = invoice_lines.c
    query = select(invoice_lines).where(row.invoice_id.in_(numbers))
    lines: defaultdict[int, list[InvoiceLine]] = defaultdict(list)
    for line in connection.execute(query.order_by(row.invoice_id, row.position)):
        lines[line.invoice_id].append(_line(line))
    return lines


def _paid(connection: Connection, numbers: Collection[int]) -> dict[int, Decimal]:
    query = select(payments.c.invoice_id, payments.c.amount)
    paid: defaultdict[int, Decimal] = defaultdict(Decimal)
    # Added up here: SQLite keeps an amount as text, and SUM would make it a float.
    for number, amount in connection.execute(query.where(payments.c.invoice_id.in_(numbers))):
        paid[number] += amount
    return paid


def _invoice(row: Row[Any], lines: Sequence[InvoiceLine], paid: Decimal) -> Invoice:
    total = row.net + row.tax
    is_open = row.state == InvoiceState.POSTED
    return Invoice(
        id=id_of("invoice", row.id),
        number=row.number or "",
        key=row.key,
        state=InvoiceState(row.state),
        customer=id_of("customer", row.customer_id),
        date=row.date,
        due=row.due,
        origin=row.origin,
        credits=row.credits_id and id_of("invoice", row.credits_id),
        lines=tuple(lines),
        net=money(row.net),
        tax=money(row.tax),
        total=money(total),
        open=money(total - paid if is_open else Decimal("0.00")),
    )


def _line(row: Row[Any]) -> InvoiceLine:
    return InvoiceLine(
        text=row.text,
        quantity=Quantity(amount=row.quantity, unit=row.unit),
        unit_price=money(row.unit_price),
        tax_rate=row.tax_rate,
        product=row.product_id and id_of("product", row.product_id),
        amount=money(row.amount),
    )


def _row(line: InvoiceLine, invoice: int, position: int) -> dict[str, Any]:
    return {
        "invoice_id": invoice,
        "position": position,
        "product_id": None if line.product is None else number_of("product", line.product),
        "text": line.text,
        "quantity": line.quantity.amount,
        "unit": line.quantity.unit,
        "unit_price": line.unit_price.amount,
        "tax_rate": line.tax_rate,
        "amount": line.amount.amount,
    }
