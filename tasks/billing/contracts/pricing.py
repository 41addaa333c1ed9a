"""What a customer pays for what it wants."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from tasks.values import Id, Money, Quantity, Value, Wanted

__all__ = ["Price", "PricingService"]


class Price(Value):
    """What a customer pays for a quantity of a product, before tax."""

    product: Id
    quantity: Quantity
    #: up to four decimals
    unit_price: Money
    #: what a customer without a price list pays for one
    list_price: Money
    #: percent, such as 25.5
    tax_rate: Decimal

    @property
    def net(self) -> Money:
        """The line's amount in whole cents."""
        return (self.unit_price * self.quantity.amount).rounded()


class PricingService(Protocol):
    """What a customer pays."""

    def prices(self, customer: Id, wanted: Sequence[Wanted], on: dt.date) -> list[Price]:
        """Return a price for each wanted product, in the same order.

        Raises:
            NotFound: the customer or a product is unknown.
            Rejected: a quantity is not positive, or not in the product's unit.
        """
        ...
