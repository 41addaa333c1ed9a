"""What has to be bought, on Tryton: draft purchases from whoever sells it for the least.

The request's key is the purchase's reference, what it is for is its description, and the day it is
due is the line's date of delivery. What Tryton's own planning made is among the open requests too.
"""

import datetime as dt

from tasks.adapters.ids import number_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.stock import buying, receiving, requests
from tasks.adapters.tryton.stock.maps import OPEN
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProcurementRequest, ProcurementState
from tasks.values import Id, Quantity

_CAN_MOVE = (ProcurementState.REQUESTED, ProcurementState.ORDERED)
_PURCHASE = "purchase.purchase"


class Requests:
    """A `Procurement`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def find(self, key: str) -> ProcurementRequest | None:
        """Return the request that an earlier `request` with this key made."""
        found = requests.read(self._books.tryton, [("purchase.reference", "=", kept_key(key))])
        return found[0].request if found else None

    def request(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        origin: Id | None = None,
    ) -> ProcurementRequest:
        """Ask for a product, or return what this key asked for before."""

        def make() -> ProcurementRequest:
            article = buying.bought(self._books, product, quantity)
            price = buying.cheapest(self._books, article, quantity.amount)
            purchase = buying.purchase_of(self._books, article, price, quantity.amount, due)
            ours = {"reference": kept_key(key), "description": origin}
            (number,) = self._books.tryton.create(_PURCHASE, [{**purchase, **ours}])
            return requests.read(self._books.tryton, [("purchase", "=", number)])[0].request

        return self._books.once(key, self.find, make)

    def get(self, request: Id) -> ProcurementRequest:
        """Return one request."""
        return requests.get(self._books.tryton, request).request

    def open_requests(self, product: Id | None = None) -> list[ProcurementRequest]:
        """Return what is requested or ordered, of one product or all, the first due first."""
        domain: list[tuple[str, str, object]] = [("purchase.state", "in", OPEN)]
        if product is not None:
            domain.append(("product", "=", number_of("product", product)))
        found = requests.read(self._books.tryton, domain)
        return [line.request for line in found if line.request.state in _CAN_MOVE]

    def receive(self, request: Id) -> ProcurementRequest:
        """Put the goods on the shelf, at the supplier's price."""
        # Two that receive it at once would write two receipts.
        with self._books.held(request):
            if self._moved(request, ProcurementState.RECEIVED) is None:
                receiving.bring_in(self._books, request)
        return self.get(request)

    def cancel(self, request: Id) -> ProcurementRequest:
        """Ask no longer."""
        with self._books.held(request):
            if self._moved(request, ProcurementState.CANCELLED) is None:
                self._cancel(requests.get(self._books.tryton, request))
        return self.get(request)

    def _cancel(self, found: requests.Line) -> None:
        if found.request.state == ProcurementState.ORDERED:
            raise Rejected(
                f"request {found.request.number} is ordered and cannot become cancelled: "
                "the supplier knows, so agree with them and cancel the receipt in Tryton"
            )
        if found.shared:
            raise Rejected(
                f"request {found.request.number} shares its purchase with others, and Tryton "
                "cancels it as a whole: take the line out of the draft"
            )
        self._books.tryton.press(_PURCHASE, "cancel", [found.purchase])

    def _moved(self, request: Id, target: ProcurementState) -> ProcurementRequest | None:
        """Return a request that is where it was to go, or nothing while it is still open.

        Raises:
            Rejected: it went another way.
        """
        found = self.get(request)
        if found.state == target:
            return found
        if found.state in _CAN_MOVE:
            return None
        raise Rejected(
            f"request {found.number} is {found.state} and cannot become {target}: "
            f"only {' and '.join(_CAN_MOVE)} ones can"
        )
