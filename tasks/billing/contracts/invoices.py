"""What an invoice is, what is paid on it, and how we ask for the rest."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from tasks.values import Id, Money, Quantity, Value

__all__ = [
    "Invoice",
    "InvoiceDraftLine",
    "InvoiceLine",
    "InvoiceState",
    "OpenItem",
    "Payment",
    "Reminder",
]


class InvoiceState(StrEnum):
    """Where an invoice is in its life.

    draft ──▶ posted ──▶ paid
      │          └─────▶ cancelled    by a credit note alone
      └────────────────▶ cancelled
    """

    DRAFT = "draft"
    POSTED = "posted"  #: in the books: from here it is credited, never changed
    PAID = "paid"
    CANCELLED = "cancelled"  #: never posted, or credited


class InvoiceDraftLine(Value):
    """A line to put on an invoice."""

    text: str
    quantity: Quantity
    #: before tax, up to four decimals
    unit_price: Money
    #: percent, such as 25.5
    tax_rate: Decimal
    product: Id | None = None

    @property
    def net(self) -> Money:
        """The line's amount in whole cents."""
        return (self.unit_price * self.quantity.amount).rounded()


class InvoiceLine(InvoiceDraftLine):
    """A line as the ERP keeps it."""

    #: quantity times unit price in whole cents, before tax
    amount: Money


class Invoice(Value):
    """An invoice or a credit note as the ERP keeps it; a credit note's amounts are below zero."""

    id: Id
    #: given when it is posted, without gaps within a year; nothing before
    number: str
    #: the key it was drafted or credited with
    key: str
    state: InvoiceState
    customer: Id
    #: when it was posted; for a draft, when it was written
    date: dt.date
    #: when it is to be paid; a draft has none yet
    due: dt.date | None
    #: the document it charges for, such as an offer
    origin: Id | None
    #: the invoice that it takes back
    credits: Id | None
    lines: tuple[InvoiceLine, ...]
    net: Money
    tax: Money
    total: Money
    #: what is not paid; nothing before it is posted
    open: Money


class Payment(Value):
    """Money that came in for an invoice."""

    id: Id
    key: str
    invoice: Id
    amount: Money
    on: dt.date


class OpenItem(Value):
    """A posted invoice that is not wholly paid."""

    invoice: Id
    number: str
    customer: Id
    open: Money
    due: dt.date
    #: how often we asked for it: 0 is not yet
    reminders: int


class Reminder(Value):
    """One time that we asked for the money."""

    id: Id
    key: str
    invoice: Id
    #: 1 is the first, and polite
    level: int
    on: dt.date
