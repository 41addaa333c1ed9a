"""What a production order is: its life, its materials and the work booked on it."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from tasks.values import Id, Money, Quantity, Value

__all__ = ["Material", "ProductionOrder", "ProductionState", "Scrap", "WorkBooking"]


class ProductionState(StrEnum):
    """Where a production order is in its life.

    draft ──▶ released ◀──▶ reserved ──▶ running ──▶ done
      └──────────┴─────────────┴───────────┴───▶ cancelled
    """

    DRAFT = "draft"  #: planned; its materials are known
    RELEASED = "released"  #: waits for its materials; its operations can be placed
    RESERVED = "reserved"  #: all materials lie aside
    RUNNING = "running"  #: the materials are consumed
    DONE = "done"  #: the goods are on the shelf: no way back from here
    CANCELLED = "cancelled"


class Material(Value):
    """What a production order takes of one product, all in one unit."""

    product: Id
    planned: Quantity
    reserved: Quantity
    consumed: Quantity


class Scrap(Value):
    """Goods that came out wrong and are thrown away."""

    key: str
    quantity: Quantity
    reason: str


class ProductionOrder(Value):
    """So much of a product, to be made."""

    id: Id
    number: str
    #: the key it was created with
    key: str
    state: ProductionState
    product: Id
    #: what was asked for
    quantity: Quantity
    #: when its making is planned to begin
    start: dt.date | None
    due: dt.date
    materials: tuple[Material, ...]
    scrapped: tuple[Scrap, ...] = ()

    @property
    def good(self) -> Quantity:
        """What is left of the quantity without the scrap."""
        good = self.quantity
        for scrap in self.scrapped:
            good = good - scrap.quantity
        return good


class WorkBooking(Value):
    """Hours that a person worked on a production order."""

    id: Id
    key: str
    order: Id
    person: Id
    hours: Decimal
    on: dt.date
    #: the hours at the person's rate on that day
    cost: Money
