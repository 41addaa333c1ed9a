"""The one currency that the embedded ERP sells and keeps its books in: its columns have none."""

from decimal import Decimal

from tasks.values import Money

CURRENCY = "EUR"

NOTHING = Money.of("0.00", CURRENCY)


def money(amount: Decimal) -> Money:
    """Return what a column says as money."""
    return Money(amount=amount, currency=CURRENCY)
