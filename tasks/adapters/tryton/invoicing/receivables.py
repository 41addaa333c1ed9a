"""The customers' side of the books on Tryton.

    draft ──▶ posted ──▶ paid
      │          └─────▶ cancelled    by a credit note alone
      └────────────────▶ cancelled

Our key is an invoice's reference, and the document that it charges for its description.
"""

import datetime as dt
from collections.abc import Sequence

from tasks.accounting import Posting
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.invoices import named
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing import crediting, invoices, payments
from tasks.adapters.tryton.invoicing.drafting import Drafts
from tasks.adapters.tryton.invoicing.maps import KIND, MODEL, resource
from tasks.adapters.tryton.invoicing.reminders import Reminders
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.ledger import Ledger
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import (
    Invoice,
    InvoiceDraftLine,
    InvoiceState,
    OpenItem,
    Payment,
    Reminder,
)
from tasks.erp_errors import Confirm, Rejected
from tasks.values import Id, Money


class Receivables:
    """A `Receivables`."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._drafts = Drafts(books)
        self._reminders = Reminders(books)
        self._ledger = Ledger(books.tryton)

    def find(self, key: str) -> Invoice | None:
        """Return the invoice or credit note that this key made."""
        return invoices.with_key(self._books.tryton, key)

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

        def make() -> Invoice:
            draft = self._drafts.of(customer, lines, on)
            ours = {"reference": kept_key(key), "description": origin}
            (number,) = self._books.tryton.create(MODEL, [{**draft, **ours}])
            return self.get(id_of(KIND, number))

        return self._books.once(key, self.find, make)

    def get(self, invoice: Id) -> Invoice:
        """Return one invoice or credit note."""
        return invoices.get(self._books.tryton, invoice)

    def post(self, invoice: Id, on: dt.date, accept: frozenset[str] = frozenset()) -> Invoice:
        """Give a draft its number and put it in the books."""
        held = self.get(invoice)
        if held.state == InvoiceState.CANCELLED:
            raise Rejected(f"{invoice} is cancelled and cannot be posted: draft another one")
        if held.state == InvoiceState.DRAFT:
            self._post(held, on, accept)
        return self.get(invoice)

    def cancel(self, invoice: Id) -> Invoice:
        """Give up a draft."""
        held = self.get(invoice)
        if held.state in (InvoiceState.POSTED, InvoiceState.PAID):
            raise Rejected(f"{named(held)} is {held.state} and cannot be cancelled: credit it")
        if held.state == InvoiceState.DRAFT:
            self._books.tryton.press(MODEL, "cancel", [number_of(KIND, invoice)])
        return self.get(invoice)

    def credit(self, key: str, invoice: Id, on: dt.date) -> Invoice:
        """Post a credit note over the whole of a posted invoice, or return this key's."""
        return self._books.once(
            key,
            lambda _: crediting.find(self._books, key),
            lambda: crediting.credit(self._books, key, invoice, on),
        )

    def pay(self, key: str, invoice: Id, amount: Money, *, on: dt.date) -> Payment:
        """Book money that came in, or return what this key booked before."""
        return self._books.once(
            key,
            self.find_payment,
            lambda: payments.book(self._books, key, invoice, amount, on),
        )

    def find_payment(self, key: str) -> Payment | None:
        """Return the payment that this key booked."""
        return payments.find(self._books, key)

    def open_items(self, on: dt.date, customer: Id | None = None) -> list[OpenItem]:
        """Return what was posted until a day and is open."""
        tryton = self._books.tryton
        domain: list[tuple[str, str, object]] = [
            ("state", "=", "posted"),
            ("invoice_date", "<=", on),
        ]
        if customer is not None:
            domain.append(("party", "=", existing(tryton, "party.party", "customer", customer)))
        found = invoices.read(tryton, domain)
        items = [invoice for invoice in found if invoice.open.amount > 0]
        asked = self._reminders.counts([invoice.id for invoice in items])
        told = [
            OpenItem(
                invoice=invoice.id,
                number=invoice.number,
                customer=invoice.customer,
                open=invoice.open,
                due=invoice.due or invoice.date,
                reminders=asked[invoice.id],
            )
            for invoice in items
        ]
        return sorted(told, key=lambda item: (item.due, item.number))

    def remind(self, key: str, invoice: Id, on: dt.date) -> Reminder:
        """Write down that we ask once more, or return the reminder that this key made."""
        return self._books.once(
            key,
            self._reminders.again,
            lambda: self._reminders.write(key, invoice, on),
        )

    def find_reminder(self, key: str) -> Reminder | None:
        """Return the reminder that this key made."""
        return self._reminders.find(key)

    def postings(self, invoice: Id) -> list[Posting]:
        """Return what an invoice and its payments did to the accounts."""
        number = self.get(invoice).number

        def text(line: Record) -> str:
            return f"{number}, {line['description']}" if line["description"] else number

        return self._ledger.postings(invoice, [resource(invoice)], text)

    def _post(self, draft: Invoice, on: dt.date, accept: frozenset[str]) -> None:
        number, tryton = number_of(KIND, draft.id), self._books.tryton
        tryton.write(MODEL, [number], {"invoice_date": on})
        try:
            tryton.press(MODEL, "post", [number], accept=accept)
        except (Confirm, Rejected):
            if self.get(draft.id).state != InvoiceState.DRAFT:
                return  # somebody else has posted it meanwhile
            tryton.write(MODEL, [number], {"invoice_date": draft.date})
            raise
