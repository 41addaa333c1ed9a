"""What an invoice may say, what posting it warns of, and what it does to the accounts.

Tryton warns where an invoice is possible and yet unlikely: dated in the future, or due before
today. Each warning has a name of its own, so that who accepts one accepts no other.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from tasks.adapters.embedded.currency import CURRENCY
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.sales.rules import Article, taxes_on
from tasks.adapters.rules.invoices import check_lines
from tasks.billing.contracts import Invoice, InvoiceDraftLine, InvoiceLine
from tasks.erp_errors import Confirm
from tasks.values import Id

#: terms that every customer has
PAYMENT_DAYS = 14


def kept_lines(
    lines: Sequence[InvoiceDraftLine],
    *,
    articles: Mapping[Id, Article],
    digits: Mapping[str, int],
    rates: Collection[Decimal],
) -> list[InvoiceLine]:
    """Return the lines as the ERP keeps them, their amounts rounded to cents.

    Args:
        articles: of the products that the lines name.
        digits: of each unit, how many decimals its quantities may have.
        rates: of the taxes there are; no tax is always one.

    Raises:
        Rejected: there is no line, or one that the ERP does not take.
    """
    check_lines(lines, articles=articles, digits=digits, rates=rates, currency=CURRENCY)
    return [
        InvoiceLine(
            text=line.text,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_rate=line.tax_rate,
            product=line.product,
            amount=line.net,
        )
        for line in lines
    ]


def credited(lines: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    """Return the lines that take these back."""
    return [
        line.model_copy(update={"quantity": line.quantity * -1, "amount": line.amount * -1})
        for line in lines
    ]


def due_on(date: dt.date) -> dt.date:
    """Return when an invoice of a day is to be paid."""
    return date + dt.timedelta(days=PAYMENT_DAYS)


def check_dates(invoice: Id, on: dt.date, *, today: dt.date, accept: Collection[str]) -> None:
    """Let an invoice be posted on a day that is likely, or that somebody has accepted.

    Raises:
        Confirm: for the first warning that nobody has accepted.
    """
    for name, sentence in _warnings(invoice, on, today):
        if name not in accept:
            raise Confirm(name, sentence)


def entry_of(invoice: Invoice) -> list[Line]:
    """Return what posting an invoice, or a credit note, does to the accounts."""
    text = invoice.number
    owed = [
        Line(Account.RECEIVABLE, invoice.total.amount, text),
        Line(Account.REVENUE, -invoice.net.amount, text),
    ]
    due = [
        Line(Account.TAX, -tax.amount, f"{text}, {rate} % tax")
        for rate, tax in taxes_on(invoice.lines).items()
    ]
    return owed + due


def _warnings(invoice: Id, on: dt.date, today: dt.date) -> Iterator[tuple[str, str]]:
    due = due_on(on)
    if on > today:
        yield f"future_date {invoice}", f"{invoice} would be dated {on}, and it is {today}"
    if due < today:
        yield f"past_due_date {invoice}", f"{invoice} would be due on {due}, and it is {today}"
