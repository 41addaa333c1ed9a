"""How much there is, on Tryton."""

from collections.abc import Sequence
from decimal import Decimal

from tasks.adapters.ids import numbers_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.stock.shelves import Shelves
from tasks.adapters.tryton.stock.traffic import Flow, Traffic
from tasks.values import Id


class Stock:
    """A `StockLedger`; what open deliveries take is promised, and what production put aside."""

    def __init__(self, books: Books) -> None:
        self._shelves = Shelves(books)
        self._traffic = Traffic(books)

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what lies on the shelf."""
        known = numbers_of("product", products)
        shelves = self._shelves.of(known)
        here = {known[number]: shelf.on_hand for number, shelf in shelves.items()}
        return dict.fromkeys(products, Decimal(0)) | here

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what is on hand and not promised."""
        known = numbers_of("product", products)
        left = self.on_hand(products)
        for flow in self._traffic.of(known):
            if _is_promise(flow):
                left[known[flow.product]] += flow.amount
        return left


def _is_promise(flow: Flow) -> bool:
    return flow.amount < 0 and (flow.other == "customer" or flow.assigned)
