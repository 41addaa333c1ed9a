"""What customers owe us: invoices, payments and reminders, in double entry."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from tasks.accounting import Posting
from tasks.billing.contracts.invoices import (
    Invoice,
    InvoiceDraftLine,
    OpenItem,
    Payment,
    Reminder,
)
from tasks.values import Id, Money

__all__ = ["Receivables"]


class Receivables(Protocol):
    """The customers' side of the books.

    A posted invoice is never cancelled nor changed: it is credited. Every method that takes an
    id raises NotFound when nothing has it.
    """

    def find(self, key: str) -> Invoice | None:
        """Return the invoice or credit note that `draft` or `credit` with this key made."""
        ...

    def draft(
        self,
        key: str,
        customer: Id,
        lines: Sequence[InvoiceDraftLine],
        *,
        on: dt.date,
        origin: Id | None = None,
    ) -> Invoice:
        """Write a draft invoice, or return the one that this key made before.

        Raises:
            NotFound: no customer or product has this id.
            Rejected: there is no line, or a line the ERP does not take.
        """
        ...

    def get(self, invoice: Id) -> Invoice:
        """Return one invoice or credit note."""
        ...

    def post(self, invoice: Id, on: dt.date, accept: frozenset[str] = frozenset()) -> Invoice:
        """Give a draft its number and put it in the books; a posted or paid one stays.

        Args:
            accept: the names of the warnings that somebody has accepted.

        Raises:
            Confirm: the ERP warns, for instance that the invoice would be due in the past.
            Rejected: it is cancelled, or a later invoice has a number already.
            Busy: somebody else is posting: nothing happened.
        """
        ...

    def cancel(self, invoice: Id) -> Invoice:
        """Give up a draft; a cancelled one stays.

        Raises:
            Rejected: it is posted or paid: credit it.
        """
        ...

    def credit(self, key: str, invoice: Id, on: dt.date) -> Invoice:
        """Post a credit note over the whole of a posted invoice, or return this key's.

        The invoice is cancelled thereby, and neither of the two is open any more.

        Raises:
            Rejected: it is a draft, a credit note or credited by another key, or something is
                paid on it.
        """
        ...

    def pay(self, key: str, invoice: Id, amount: Money, *, on: dt.date) -> Payment:
        """Book money that came in, or return what this key booked before.

        The invoice is paid once nothing is open. A payment is not taken back: what was too much
        is paid out.

        Raises:
            Rejected: the invoice is not posted, or the amount is not positive, more than is open
                or in another currency.
            Busy: somebody else is booking on it: nothing happened.
        """
        ...

    def find_payment(self, key: str) -> Payment | None:
        """Return the payment that an earlier `pay` with this key booked."""
        ...

    def open_items(self, on: dt.date, customer: Id | None = None) -> list[OpenItem]:
        """Return what was posted until a day and is open, of one customer or all, by due date."""
        ...

    def remind(self, key: str, invoice: Id, on: dt.date) -> Reminder:
        """Ask once more for what is overdue, or return the reminder that this key made.

        It is written down, not sent: that is for messaging.

        Raises:
            Rejected: nothing is open, or it is not due before that day.
        """
        ...

    def find_reminder(self, key: str) -> Reminder | None:
        """Return the reminder that an earlier `remind` with this key made."""
        ...

    def postings(self, invoice: Id) -> list[Posting]:
        """Return what an invoice and its payments did to the accounts, in the order it happened.

        Debit and credit are the same; a draft has none.
        """
        ...
