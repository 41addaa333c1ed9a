"""The stock: what there is, what will be, and the deliveries that take it away."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, Self

from pydantic import model_validator

from tasks.accounting import Posting
from tasks.values import Id, Money, Value, Wanted

__all__ = ["Delivery", "DeliveryState", "Reservation", "StockLedger", "StockMoves"]


class DeliveryState(StrEnum):
    """Where a delivery is in its life.

    waiting ◀──▶ reserved ──▶ shipped
       └────────────┴───────▶ cancelled
    """

    WAITING = "waiting"  #: something of it is not reserved yet
    RESERVED = "reserved"  #: all of it lies aside
    SHIPPED = "shipped"  #: gone to the customer: no way back from here
    CANCELLED = "cancelled"


class Delivery(Value):
    """What goes to a customer for an order."""

    id: Id
    number: str
    state: DeliveryState
    #: the ordered offer
    order: Id
    customer: Id
    lines: tuple[Wanted, ...]
    planned: dt.date | None


class Reservation(Value):
    """What a document, a delivery or a production order, has put aside for itself."""

    document: Id
    #: nothing is missing
    complete: bool
    reserved: tuple[Wanted, ...]
    missing: tuple[Wanted, ...]

    @model_validator(mode="after")
    def _complete_means_nothing_missing(self) -> Self:
        if self.complete == bool(self.missing):
            raise ValueError(f"complete is {self.complete} with {len(self.missing)} missing")
        return self


class StockLedger(Protocol):
    """How much there is, in each product's own unit."""

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what lies on the shelf; an unknown product has none."""
        ...

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what is on hand and not promised by an order; below zero when oversold."""
        ...


class StockMoves(Protocol):
    """What moves the stock: what is planned, and the deliveries of what was ordered.

    Goods are put aside for a document, never for nobody: a reservation ends with it.
    """

    def forecast(self, products: Sequence[Id], on: dt.date) -> dict[Id, Decimal]:
        """Return what will be on the shelf at a day's end, in each product's own unit.

        That is what is on hand and what comes in until then (procurement, production orders),
        less what goes out (deliveries, materials). An unknown product has none.
        """
        ...

    def worth(self, products: Sequence[Id]) -> dict[Id, Money]:
        """Return at what cost the books hold what is on hand; an unknown product at nothing."""
        ...

    def deliveries(self, order: Id) -> list[Delivery]:
        """Return the deliveries of an ordered offer, the first planned first.

        Raises:
            NotFound: no offer has this id.
        """
        ...

    def get(self, delivery: Id) -> Delivery:
        """Return one delivery.

        Raises:
            NotFound: no delivery has this id.
        """
        ...

    def reserve(self, delivery: Id) -> Reservation:
        """Put aside what is on the shelf and nobody's, and say what is missing.

        Called again it keeps what is reserved and tries for the rest. All reservations of a
        product together never pass what is on hand.

        Raises:
            NotFound: no delivery has this id.
            Rejected: it is shipped or cancelled.
            Busy: somebody else is reserving: nothing happened.
        """
        ...

    def release(self, delivery: Id) -> Delivery:
        """Give back what is reserved; one that waits stays.

        Raises:
            NotFound: no delivery has this id.
            Rejected: it is shipped or cancelled.
        """
        ...

    def ship(self, delivery: Id) -> Delivery:
        """Send a reserved delivery, and post its cost of sales; a shipped one stays.

        There is no way back: what the customer returns is another document.

        Raises:
            NotFound: no delivery has this id.
            Rejected: not all of it is reserved, or it is cancelled.
        """
        ...

    def postings(self, delivery: Id) -> list[Posting]:
        """Return what its shipping posted: cost of sales against stock; nothing before.

        Raises:
            NotFound: no delivery has this id.
        """
        ...
