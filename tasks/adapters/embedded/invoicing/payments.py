"""What comes in for posted invoices, and how often we asked for the rest."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.invoicing.records import read_invoices
from tasks.adapters.embedded.invoicing.tables import invoices, payments, reminders
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.invoices import check_overdue, check_payment
from tasks.billing.contracts import Invoice, InvoiceState, OpenItem, Payment, Reminder
from tasks.values import Money


def find_payment(connection: Connection, key: str) -> Payment | None:
    """Return what this key booked."""
    row = _with_key(connection, payments, key)
    return None if row is None else _payment(row)


def find_reminder(connection: Connection, key: str) -> Reminder | None:
    """Return the reminder that this key made."""
    row = _with_key(connection, reminders, key)
    return None if row is None else _reminder(row)


def book_payment(
    connection: Connection, key: str, invoice: Invoice, amount: Money, *, on: dt.date
) -> Payment:
    """Book money for an invoice, whose row is locked.

    Raises:
        Rejected: the invoice is not posted, or the amount is not what can be paid on it.
    """
    check_payment(invoice, amount)
    made = insert(payments).values(
        key=key, invoice_id=number_of("invoice", invoice.id), amount=amount.amount, date=on
    )
    row = connection.execute(made.returning(payments)).one()
    lines = [
        Line(Account.BANK, amount.amount, invoice.number),
        Line(Account.RECEIVABLE, -amount.amount, invoice.number),
    ]
    journal.post(connection, invoice.id, f"payment {row.id}", lines, on=on)
    return _payment(row)


def write_reminder(connection: Connection, key: str, invoice: Invoice, on: dt.date) -> Reminder:
    """Write down that we ask once more, for an invoice whose row is locked.

    Raises:
        Rejected: nothing is open, or it is not due before that day.
    """
    check_overdue(invoice, on)
    number = number_of("invoice", invoice.id)
    made = insert(reminders).values(
        key=key, invoice_id=number, level=_reminded(connection, number) + 1, date=on
    )
    return _reminder(connection.execute(made.returning(reminders)).one())


def open_items(connection: Connection, on: dt.date, customer: int | None) -> list[OpenItem]:
    """Return what was posted until a day and is open, by due date and number."""
    conditions = [invoices.c.state == InvoiceState.POSTED, invoices.c.date <= on]
    if customer is not None:
        conditions.append(invoices.c.customer_id == customer)
    query = select(reminders.c.invoice_id, func.count()).group_by(reminders.c.invoice_id)
    asked = {row.invoice_id: row[1] for row in connection.execute(query)}
    return [
        OpenItem(
            invoice=invoice.id,
            number=invoice.number,
            customer=invoice.customer,
            open=invoice.open,
            due=invoice.due or invoice.date,
            reminders=asked.get(number_of("invoice", invoice.id), 0),
        )
        for invoice in read_invoices(connection, *conditions)
    ]


def _reminded(connection: Connection, number: int) -> int:
    query = select(func.count()).select_from(reminders).where(reminders.c.invoice_id == number)
    return connection.execute(query).scalar_one()


def _with_key(connection: Connection, table: Table, key: str) -> Row[Any] | None:
    return connection.execute(select(table).where(table.c.key == key)).one_or_none()


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        id=id_of("payment", row.id),
        key=row.key,
        invoice=id_of("invoice", row.invoice_id),
        amount=money(row.amount),
        on=row.date,
    )


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(
        id=id_of("reminder", row.id),
        key=row.key,
        invoice=id_of("invoice", row.invoice_id),
        level=row.level,
        on=row.date,
    )
