"""What billing needs from the ERP: who buys, at what price, and the offers.

Every create takes the caller's `key`: calling it again with the same key returns
what the first call made, whatever else is passed.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tasks.values import Customer, Id, Money, Product, Quantity, Value, Wanted

__all__ = [
    "Customer",
    "CustomerRepository",
    "Offer",
    "OfferDraftLine",
    "OfferLine",
    "OfferRepository",
    "OfferState",
    "Price",
    "PricingService",
    "Product",
    "Wanted",
]


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


class OfferDraftLine(Value):
    """A line to put on an offer."""

    product: Id
    quantity: Quantity
    unit_price: Money
    #: the product's name when empty
    text: str = ""


class OfferLine(Value):
    """A line as the ERP keeps it."""

    product: Id
    text: str
    quantity: Quantity
    unit_price: Money
    #: quantity times unit price in whole cents, before tax
    amount: Money
    tax_rate: Decimal


class OfferState(StrEnum):
    """Where an offer is in its life.

    draft ──▶ sent ──▶ ordered
      └────────┴─────▶ cancelled
    """

    DRAFT = "draft"
    SENT = "sent"
    ORDERED = "ordered"  #: the customer said yes: no way back from here
    CANCELLED = "cancelled"


class Offer(Value):
    """An offer as the ERP keeps it."""

    id: Id
    #: for people, without gaps within a year: `OFF-2026-00001`
    number: str
    #: the key it was created with
    reference: str
    state: OfferState
    customer: Id
    salesperson: Id | None
    date: dt.date
    note: str
    lines: tuple[OfferLine, ...]
    net: Money
    tax: Money
    total: Money


class CustomerRepository(Protocol):
    """The companies we know; each search returns all that fit, by code."""

    def get(self, customer: Id) -> Customer:
        """Return one customer.

        Raises:
            NotFound: no customer has this id.
        """
        ...

    def by_email(self, email: str) -> list[Customer]:
        """Return those with this very address; case does not matter."""
        ...

    def by_domain(self, domain: str) -> list[Customer]:
        """Return those that own this e-mail domain, or an address in it."""
        ...

    def by_name(self, text: str, limit: int = 20) -> list[Customer]:
        """Return those whose name holds the text; case does not matter, wildcards mean nothing."""
        ...

    def by_vat(self, vat: str) -> list[Customer]:
        """Return those with this VAT number; blanks, dots and hyphens do not matter."""
        ...


class PricingService(Protocol):
    """What a customer pays."""

    def prices(self, customer: Id, wanted: Sequence[Wanted], on: dt.date) -> list[Price]:
        """Return a price for each wanted product, in the same order.

        Raises:
            NotFound: the customer or a product is unknown.
            Rejected: a quantity is not positive, or not in the product's unit.
        """
        ...


class OfferRepository(Protocol):
    """The offers, and the moves the ERP allows them."""

    def find(self, key: str) -> Offer | None:
        """Return the offer that an earlier `create` with this key made."""
        ...

    def create(
        self,
        key: str,
        customer: Id,
        lines: Sequence[OfferDraftLine],
        *,
        salesperson: Id | None = None,
        note: str = "",
    ) -> Offer:
        """Write a draft offer, or return the one that this key made before.

        Raises:
            NotFound: the customer, the salesperson or a product is unknown.
            Rejected: there is no line, or a line the ERP does not take.
        """
        ...

    def get(self, offer: Id) -> Offer:
        """Return one offer.

        Raises:
            NotFound: no offer has this id.
        """
        ...

    def send(self, offer: Id) -> Offer:
        """Move a draft to sent; a sent one stays.

        Raises:
            Rejected: it is ordered or cancelled.
        """
        ...

    def order(self, offer: Id) -> Offer:
        """Move a sent offer to ordered; an ordered one stays.

        Raises:
            Rejected: it is a draft or cancelled.
        """
        ...

    def cancel(self, offer: Id) -> Offer:
        """Cancel a draft or sent offer; a cancelled one stays.

        Raises:
            Rejected: it is ordered.
        """
        ...
