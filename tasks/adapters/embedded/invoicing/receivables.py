"""The customers' side of the books in the embedded ERP.

    draft ──▶ posted ──▶ paid
      │          └─────▶ cancelled    by a credit note alone
      └────────────────▶ cancelled

Whatever is in the books stays there. As in Tryton, numbers follow dates: within a year, no
invoice or credit note gets a number on a day before that of the last one that has.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from tasks.accounting import Posting
from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing import payments as invoice_payments
from tasks.adapters.embedded.invoicing.drafting import write_draft
from tasks.adapters.embedded.invoicing.records import read_invoices, write_invoice
from tasks.adapters.embedded.invoicing.rules import check_dates, credited, due_on, entry_of
from tasks.adapters.embedded.invoicing.tables import invoices
from tasks.adapters.embedded.sales.customers import customer_number
from tasks.adapters.embedded.sql import numbering, records
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.numbering import Series
from tasks.adapters.ids import no_such, number_of
from tasks.adapters.rules.invoices import check_creditable
from tasks.billing.contracts import (
    Invoice,
    InvoiceDraftLine,
    InvoiceState,
    OpenItem,
    Payment,
    Reminder,
)
from tasks.erp_errors import Rejected
from tasks.values import Id, Money


class Receivables:
    """A `Receivables`; `clock` says which day it is."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> Invoice | None:
        """Return the invoice or credit note that this key made."""
        with self._database.reading() as connection:
            return _with_key(connection, key)

    def draft(
        self,
        key: str,
        customer: Id,
        lines: Sequence[InvoiceDraftLine],
        *,
        on: dt.date,
        origin: Id | None = None,
    ) -> Invoice:
        """Write a draft invoice, or return the one that this key made before."""
        with self._database.writing() as connection:
            made = _with_key(connection, key)
            if made is not None:
                return made
            write_draft(connection, key, customer, lines, on=on, origin=origin)
            return _made(connection, key)

    def get(self, invoice: Id) -> Invoice:
        """Return one invoice or credit note."""
        with self._database.reading() as connection:
            return _get(connection, invoice)

    def post(self, invoice: Id, on: dt.date, accept: frozenset[str] = frozenset()) -> Invoice:
        """Give a draft its number and put it in the books."""
        with self._locked(invoice) as (connection, held):
            if held.state in (InvoiceState.POSTED, InvoiceState.PAID):
                return held
            if held.state == InvoiceState.CANCELLED:
                raise Rejected(f"{invoice} is cancelled and cannot be posted: draft another one")
            check_dates(invoice, on, today=self._clock().date(), accept=accept)
            state = InvoiceState.POSTED if held.total.amount else InvoiceState.PAID
            number = _next_number(connection, on)
            _set(connection, invoice, number=number, date=on, due=due_on(on), state=state)
            return _booked(connection, invoice)

    def cancel(self, invoice: Id) -> Invoice:
        """Give up a draft."""
        with self._locked(invoice) as (connection, held):
            if held.number and held.state != InvoiceState.CANCELLED:
                raise Rejected(
                    f"invoice {held.number} is {held.state} and cannot be cancelled: credit it"
                )
            _set(connection, invoice, state=InvoiceState.CANCELLED)
            return _get(connection, invoice)

    def credit(self, key: str, invoice: Id, on: dt.date) -> Invoice:
        """Post a credit note over the whole of a posted invoice, or return this key's."""
        if (known := self.find(key)) and known.credits:
            return known
        with self._locked(invoice) as (connection, held):
            # Looked for again: whoever used the key at the same time has committed by now.
            if (made := _with_key(connection, key)) and made.credits:
                return made
            check_creditable(held)
            write_invoice(
                connection,
                key,
                credited(held.lines),
                state=InvoiceState.PAID,  # by the invoice that it settles
                customer_id=number_of("customer", held.customer),
                number=_next_number(connection, on),
                date=on,
                due=due_on(on),
                origin=held.origin,
                credits_id=number_of("invoice", invoice),
            )
            note = _made(connection, key)
            if note.credits != invoice:
                raise Rejected(f"the key {key!r} made {note.id}, which is no credit: take another")
            _set(connection, invoice, state=InvoiceState.CANCELLED)
            return _booked(connection, note.id)

    def pay(self, key: str, invoice: Id, amount: Money, *, on: dt.date) -> Payment:
        """Book money that came in, or return what this key booked before."""
        if known := self.find_payment(key):
            return known
        with self._locked(invoice) as (connection, held):
            if made := invoice_payments.find_payment(connection, key):
                return made
            payment = invoice_payments.book_payment(connection, key, held, amount, on=on)
            if amount == held.open:
                _set(connection, invoice, state=InvoiceState.PAID)
            return payment

    def find_payment(self, key: str) -> Payment | None:
        """Return the payment that this key booked."""
        with self._database.reading() as connection:
            return invoice_payments.find_payment(connection, key)

    def open_items(self, on: dt.date, customer: Id | None = None) -> list[OpenItem]:
        """Return what was posted until a day and is open."""
        with self._database.reading() as connection:
            buyer = None if customer is None else customer_number(connection, customer)
            return invoice_payments.open_items(connection, on, buyer)

    def remind(self, key: str, invoice: Id, on: dt.date) -> Reminder:
        """Write down that we ask once more, or return the reminder that this key made."""
        if known := self.find_reminder(key):
            return known
        with self._locked(invoice) as (connection, held):
            made = invoice_payments.find_reminder(connection, key)
            return made or invoice_payments.write_reminder(connection, key, held, on)

    def find_reminder(self, key: str) -> Reminder | None:
        """Return the reminder that this key made."""
        with self._database.reading() as connection:
            return invoice_payments.find_reminder(connection, key)

    def postings(self, invoice: Id) -> list[Posting]:
        """Return what an invoice and its payments did to the accounts."""
        with self._database.reading() as connection:
            return journal.postings(connection, _get(connection, invoice).id)

    @contextlib.contextmanager
    def _locked(self, invoice: Id) -> Iterator[tuple[Connection, Invoice]]:
        with self._database.writing() as connection:
            records.hold(connection, invoices, "invoice", invoice)
            yield connection, _get(connection, invoice)


def _get(connection: Connection, invoice: Id) -> Invoice:
    found = read_invoices(connection, invoices.c.id == number_of("invoice", invoice))
    if not found:
        raise no_such("invoice", invoice)
    return found[0]


def _with_key(connection: Connection, key: str) -> Invoice | None:
    found = read_invoices(connection, invoices.c.key == key)
    return found[0] if found else None


def _made(connection: Connection, key: str) -> Invoice:
    """Return what this key made, here or since somebody looked."""
    return read_invoices(connection, invoices.c.key == key)[0]


def _next_number(connection: Connection, on: dt.date) -> str:
    """Take the next number, under the lock of the year, and let numbers follow dates."""
    numbering.lock(connection, Series.INVOICE, on)
    date = invoices.c.date
    later = select(invoices.c.number, date).where(
        invoices.c.number.is_not(None), date > on, date <= dt.date(on.year, 12, 31)
    )
    after = connection.execute(later.order_by(date.desc()).limit(1)).one_or_none()
    if after is not None:
        raise Rejected(
            f"no number is left on {on}: {after.number} has the date {after.date} already, "
            "so post on that day or later"
        )
    return numbering.next_number(connection, Series.INVOICE, on)


def _set(connection: Connection, invoice: Id, **columns: Any) -> None:
    row = invoices.c.id == number_of("invoice", invoice)
    connection.execute(update(invoices).where(row).values(columns))


def _booked(connection: Connection, invoice: Id) -> Invoice:
    """Post what is numbered by now."""
    numbered = _get(connection, invoice)
    journal.post(connection, invoice, "posted", entry_of(numbered), on=numbered.date)
    return numbered
