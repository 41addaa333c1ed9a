"""What moves the stock on Tryton: what is planned, and the deliveries of what was ordered.

    waiting ─ assign_try ─▶ assigned ─ pick ─▶ picked ─ pack ─▶ packed ─ do ─▶ done
       ◀──────── wait ─────────┘

Each button is a call of its own; a delivery that was left between two of them is sent on from where
it is. Tryton's books follow the last one: `account_stock_continental` posts the cost of what goes.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from tasks.accounting import Posting
from tasks.adapters.ids import numbers_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.ledger import Ledger
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.stock.deliveries import MODEL, Shipment, get, read
from tasks.adapters.tryton.stock.shelves import Shelves
from tasks.adapters.tryton.stock.traffic import Traffic, until
from tasks.adapters.tryton.wire import Record
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import Delivery, DeliveryState, Reservation
from tasks.values import Id, Money

#: what is pressed in each state on the way to the customer, and the state it leads to
_SENDING = {"assigned": "pick", "picked": "pack", "packed": "do", "shipped": "do"}
#: what is pressed to put goods aside; on others it would change nothing
_RESERVING = {"draft": ("wait", "assign_try"), "waiting": ("assign_try",)}
_OPEN = (DeliveryState.WAITING, DeliveryState.RESERVED)


class StockMoves:
    """A `StockMoves`.

    The forecast is of two moments: what lies there, and a moment later what is to move.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._shelves = Shelves(books)
        self._traffic = Traffic(books)
        self._ledger = Ledger(books.tryton)

    def forecast(self, products: Sequence[Id], on: dt.date) -> dict[Id, Decimal]:
        """Return what will be on the shelf at a day's end."""
        known = numbers_of("product", products)
        shelves = self._shelves.of(known)
        amounts = {known[number]: shelf.on_hand for number, shelf in shelves.items()}
        for flow in until([*self._traffic.of(known), *self._traffic.ordered(known)], on):
            amounts[known[flow.product]] += flow.amount
        return dict.fromkeys(products, Decimal(0)) | amounts

    def worth(self, products: Sequence[Id]) -> dict[Id, Money]:
        """Return at what cost the books hold what is on hand."""
        known = numbers_of("product", products)
        shelves = self._shelves.of(known)
        worth = {known[number]: self._money(shelf.worth) for number, shelf in shelves.items()}
        return dict.fromkeys(products, self._money(Decimal("0.00"))) | worth

    def deliveries(self, order: Id) -> list[Delivery]:
        """Return the deliveries of an ordered offer."""
        number = existing(self._books.tryton, "sale.sale", "offer", order)
        found = read(self._books.tryton, [("moves.sale", "=", number)])
        return [shipment.delivery for shipment in found]

    def get(self, delivery: Id) -> Delivery:
        """Return one delivery."""
        return self._read(delivery).delivery

    def reserve(self, delivery: Id) -> Reservation:
        """Put aside what is on the shelf and nobody's."""
        shipment = self._open(delivery)
        for button in _RESERVING.get(shipment.state, ()):
            self._books.tryton.press(MODEL, button, [shipment.number])
        return self._read(delivery).reservation

    def release(self, delivery: Id) -> Delivery:
        """Give back what is reserved."""
        shipment = self._open(delivery)
        if shipment.state in ("picked", "packed"):
            raise Rejected(
                f"delivery {shipment.delivery.number} is {shipment.state}: it is on its way out, "
                "so ship it"
            )
        if shipment.state == "assigned" or shipment.reservation.reserved:
            self._books.tryton.press(MODEL, "wait", [shipment.number])
            return self._read(delivery).delivery
        return shipment.delivery

    def ship(self, delivery: Id) -> Delivery:
        """Send a reserved delivery; Tryton posts its cost of sales."""
        shipment = self._read(delivery)
        held = shipment.delivery
        if held.state not in (DeliveryState.RESERVED, DeliveryState.SHIPPED):
            raise Rejected(
                f"delivery {held.number} is {held.state} and cannot be shipped: "
                "only reserved deliveries can"
            )
        state = shipment.state
        while state in _SENDING:
            state = self._press(shipment, _SENDING[state], state)
        return self._read(delivery).delivery

    def postings(self, delivery: Id) -> list[Posting]:
        """Return what its shipping posted."""
        outgoing = self._read(delivery).outgoing

        def text(line: Record) -> str:
            return outgoing[line["move."]["origin"]]

        return self._ledger.postings(delivery, list(outgoing), text)

    def _open(self, delivery: Id) -> Shipment:
        shipment = self._read(delivery)
        if shipment.delivery.state not in _OPEN:
            raise Rejected(
                f"delivery {shipment.delivery.number} is {shipment.delivery.state}: nothing can be "
                "put aside for it or given back any more"
            )
        return shipment

    def _read(self, delivery: Id) -> Shipment:
        return get(self._books.tryton, delivery)

    def _press(self, shipment: Shipment, button: str, state: str) -> str:
        """Press a button, unless somebody else did; return the state that this led to.

        Raises:
            Rejected: Tryton refuses it, or does something else instead.
        """
        number = shipment.delivery.number
        try:
            after = self._books.tryton.press(MODEL, button, [shipment.number]).state
        except Rejected:
            after = self._read(shipment.delivery.id).state
            if after == state:
                raise
        if after == state:
            raise Rejected(f"Tryton leaves delivery {number} {state} though {button!r} was pressed")
        return after

    def _money(self, amount: Decimal) -> Money:
        return Money(amount=amount, currency=self._shelves.currency)
