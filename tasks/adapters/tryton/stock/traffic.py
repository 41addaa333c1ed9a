"""What will come to the shelves and go from them: Tryton's moves that are not done yet.

Tryton's own forecast leaves out what should have moved before today, and counts on somebody who
reschedules it every night. So the open moves are added up here, however late they are.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.wire import Record, decimal_of

_OPEN = ["draft", "staging", "assigned"]
#: types of locations that are the shelf; whatever lies elsewhere is not ours, or gone
_SHELF = ["storage", "view", "warehouse"]
_FIELDS = (
    "product",
    "internal_quantity",
    "planned_date",
    "state",
    "from_location.type",
    "to_location.type",
)


@dataclass(frozen=True)
class Flow:
    """Something that will come, or below zero, go."""

    product: int
    amount: Decimal
    #: a day, or whenever it may be
    planned: dt.date | None
    #: where it comes from or goes to: `customer`, `production`, `supplier` and so on
    other: str
    #: it lies aside for this
    assigned: bool


class Traffic:
    """The open moves over the threshold of the warehouses."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def of(self, products: Collection[int]) -> list[Flow]:
        """Return what of these products is still to move."""
        if not products:
            return []
        over = [
            "OR",
            [("from_location.type", "in", _SHELF), ("to_location.type", "not in", _SHELF)],
            [("from_location.type", "not in", _SHELF), ("to_location.type", "in", _SHELF)],
        ]
        domain = [("product", "in", list(products)), ("state", "in", _OPEN), over]
        return [_flow(row) for row in self._books.tryton.search_read("stock.move", domain, _FIELDS)]

    def ordered(self, products: Collection[int]) -> list[Flow]:
        """Return what is asked of suppliers and has no moves yet, since they do not know of it."""
        if not products:
            return []
        states = ["draft", "quotation", "confirmed"]
        domain = [("product", "in", list(products)), ("purchase.state", "in", states)]
        found = self._books.tryton.search_read(
            "purchase.line",
            [*domain, ("moves", "=", None)],
            ["product", "quantity", "delivery_date"],
        )
        return [
            Flow(
                row["product"], decimal_of(row["quantity"]), row["delivery_date"], "supplier", False
            )
            for row in found
        ]


def until(flows: Iterable[Flow], on: dt.date) -> Iterable[Flow]:
    """Give what is planned for a day or before it."""
    return (flow for flow in flows if flow.planned is not None and flow.planned <= on)


def _flow(row: Record) -> Flow:
    goes = row["from_location."]["type"] in _SHELF
    amount = decimal_of(row["internal_quantity"])
    return Flow(
        product=row["product"],
        amount=-amount if goes else amount,
        planned=row["planned_date"],
        other=row["to_location." if goes else "from_location."]["type"],
        assigned=row["state"] == "assigned",
    )
