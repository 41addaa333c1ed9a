"""What may be on an invoice and done with it: the same rules on every ERP of ours.

An ERP may be milder: Tryton takes more than is open on an invoice, and keeps the rest for later.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from tasks.adapters.rules.sales import Sold, check_amount, check_price, check_quantity
from tasks.billing.contracts import Invoice, InvoiceDraftLine, InvoiceState
from tasks.erp_errors import Rejected
from tasks.values import Id, Money


def check_lines(
    lines: Sequence[InvoiceDraftLine],
    *,
    articles: Mapping[Id, Sold],
    digits: Mapping[str, int],
    rates: Collection[Decimal],
    currency: str,
) -> None:
    """Let the lines of an invoice pass.

    Args:
        lines: to put on it.
        articles: of the products that the lines name.
        digits: of each unit, how many decimals its quantities may have.
        rates: of the taxes there are, in percent; no tax is always one.
        currency: of the books.

    Raises:
        Rejected: there is no line, or one that the ERP does not take.
    """
    if not lines:
        raise Rejected("an invoice without lines charges for nothing: give at least one line")
    for line in lines:
        if not line.text.strip():
            raise Rejected(f"a line over {line.quantity} has no text: say what it charges for")
        _check_quantity(line, articles, digits)
        check_price(line.text, line.unit_price, currency)
        if line.tax_rate and line.tax_rate not in rates:
            raise Rejected(
                f"{line.text!r} is taxed at {line.tax_rate} %, which is no rate here: "
                f"take one of {[str(rate) for rate in sorted(rates)]}, or 0"
            )


def check_creditable(invoice: Invoice) -> None:
    """Let a posted invoice pass, if nothing is paid on it.

    Raises:
        Rejected: it is something else.
    """
    if invoice.credits is not None:
        raise Rejected(
            f"{named(invoice)} is a credit note: it cannot be credited, draft an invoice"
        )
    if invoice.state != InvoiceState.POSTED:
        raise Rejected(f"{named(invoice)} is {invoice.state}: only posted invoices are credited")
    if invoice.open != invoice.total:
        raise Rejected(
            f"{named(invoice)} has {invoice.open} of {invoice.total} open: "
            "what something is paid on cannot be credited"
        )


def check_payment(invoice: Invoice, amount: Money) -> None:
    """Let money pass that can be booked on an invoice.

    Raises:
        Rejected: the invoice is not posted, or the amount is not what can be paid on it.
    """
    if invoice.state != InvoiceState.POSTED:
        raise Rejected(f"{named(invoice)} is {invoice.state}: only posted invoices are paid")
    if amount.currency != invoice.open.currency:
        raise Rejected(f"{amount} is paid on {named(invoice)}, which is in {invoice.open.currency}")
    if not 0 < amount.amount <= invoice.open.amount or amount != amount.rounded():
        raise Rejected(
            f"{amount} cannot be paid on {named(invoice)}: pay more than nothing, in whole "
            f"cents, and at most the {invoice.open} that are open"
        )


def check_overdue(invoice: Invoice, on: dt.date) -> None:
    """Let an invoice pass that may be asked for on a day.

    Raises:
        Rejected: nothing is open, or it is not due before that day.
    """
    if invoice.open.amount <= 0 or invoice.due is None:
        raise Rejected(f"{named(invoice)} has nothing open: there is nothing to ask for")
    if invoice.due >= on:
        raise Rejected(f"{named(invoice)} is due on {invoice.due}: remind after that, not on {on}")


def named(invoice: Invoice) -> str:
    """Return what a sentence calls an invoice."""
    return f"invoice {invoice.number or invoice.id}"


def _check_quantity(
    line: InvoiceDraftLine, articles: Mapping[Id, Sold], digits: Mapping[str, int]
) -> None:
    if line.product is not None:
        check_quantity(articles[line.product], line.quantity)
    elif line.quantity.unit not in digits:
        raise Rejected(
            f"{line.text!r} is charged by the {line.quantity.unit!r}, which is no unit here: "
            f"take one of {sorted(digits)}"
        )
    else:
        check_amount(line.text, line.quantity, digits[line.quantity.unit])
