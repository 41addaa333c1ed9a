"""What has to be bought."""

import datetime as dt
from enum import StrEnum
from typing import Protocol

from tasks.values import Id, Quantity, Value

__all__ = ["Procurement", "ProcurementRequest", "ProcurementState"]


class ProcurementState(StrEnum):
    """Where a request is in its life.

    requested ──▶ ordered ──▶ received
        └────────────┴──────▶ cancelled
    """

    REQUESTED = "requested"
    ORDERED = "ordered"  #: the supplier knows
    RECEIVED = "received"  #: the goods are on the shelf: no way back from here
    CANCELLED = "cancelled"


class ProcurementRequest(Value):
    """So much of a product, to be bought."""

    id: Id
    number: str
    #: the key it was made with; nothing when the ERP's own planning made it
    key: str
    state: ProcurementState
    product: Id
    quantity: Quantity
    due: dt.date
    #: the document that lacks it, such as a production order
    origin: Id | None


class Procurement(Protocol):
    """What we ask the buyers for.

    Every method that takes an id raises NotFound when nothing has it.
    """

    def find(self, key: str) -> ProcurementRequest | None:
        """Return the request that an earlier `request` with this key made."""
        ...

    def request(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        origin: Id | None = None,
    ) -> ProcurementRequest:
        """Ask for a product, or return what this key asked for before.

        Raises:
            NotFound: no product has this id.
            Rejected: it cannot be bought, or the quantity is not positive or not in its unit.
        """
        ...

    def get(self, request: Id) -> ProcurementRequest:
        """Return one request."""
        ...

    def open_requests(self, product: Id | None = None) -> list[ProcurementRequest]:
        """Return what is requested or ordered, of one product or all, the first due first."""
        ...

    def receive(self, request: Id) -> ProcurementRequest:
        """Put the goods on the shelf; a received request stays.

        There is no way back: what goes back to a supplier is another document.

        Raises:
            Rejected: it is cancelled.
        """
        ...

    def cancel(self, request: Id) -> ProcurementRequest:
        """Ask no longer; a cancelled request stays.

        Raises:
            Rejected: it is received, or the supplier's order can no longer be taken back.
        """
        ...
