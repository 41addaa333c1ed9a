"""The offers: from a draft to the customer's yes, which has no way back."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tasks.values import Id, Money, Quantity, Value

__all__ = ["Offer", "OfferDraftLine", "OfferLine", "OfferRepository", "OfferState"]


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
    #: for people, such as `OFF-2026-00001`; Tryton gives it when the offer is sent, and calls a
    #: draft `(12)` until then
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
