"""What comes out wrong, in Tryton: it goes to the warehouse's waste instead of the storage.

A note of the order says how much, why and by which key. It is written first; then the output moves
are made to say the same. Whoever finds them behind the notes makes them so, and an order is not
finished before.
"""

from decimal import Decimal

from tasks.adapters.ids import number_of
from tasks.adapters.rules.production import check_left
from tasks.adapters.rules.sales import check_quantity
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.production.maps import KIND
from tasks.adapters.tryton.production.order_records import MODEL, OrderRecords
from tasks.adapters.tryton.production.planning import Made
from tasks.adapters.tryton.wire import Record, decimal_of, float_of
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProductionOrder
from tasks.values import Quantity

_ASKED = (
    "product.code",
    "unit.digits",
    "warehouse.name",
    "warehouse.waste_locations",
    "outputs.product",
    "outputs.quantity",
    "outputs.unit",
    "outputs.from_location",
    "outputs.to_location",
    "outputs.to_location.type",
)


class Scrapping:
    """Takes goods out of what production orders bring."""

    def __init__(self, books: Books, orders: OrderRecords) -> None:
        self._tryton = books.tryton
        self._orders = orders

    def write(self, key: str, order: ProductionOrder, quantity: Quantity, reason: str) -> None:
        """Write down what is scrapped of a running order.

        Raises:
            Rejected: not that many are left, or the warehouse names no place for waste.
        """
        row = self._row(order)
        made = Made(row["product."]["code"], order.quantity.unit, row["unit."]["digits"])
        check_quantity(made, quantity, verb="scrapped")
        check_left(order, quantity)
        _waste(row)
        facts = {"key": key, "scrapped": str(quantity.amount), "reason": reason}
        self._orders.notes.write(row["id"], facts)

    def settle(self, order: ProductionOrder) -> None:
        """Let the output moves of a running order say what is good and what is not."""
        if not order.scrapped:
            return
        row = self._row(order)
        steps = _steps(row, number_of("product", order.product), order)
        if steps:
            self._tryton.write(MODEL, [row["id"]], {"outputs": steps})

    def _row(self, order: ProductionOrder) -> Record:
        return self._tryton.get(MODEL, number_of(KIND, order.id), _ASKED)


def _steps(row: Record, product: int, order: ProductionOrder) -> list[tuple[object, ...]]:
    moves = [move for move in row["outputs."] if move["product"] == product]
    kept = [move for move in moves if move["to_location."]["type"] != "lost_found"]
    lost = [move for move in moves if move["to_location."]["type"] == "lost_found"]
    good, bad = order.good.amount, order.quantity.amount - order.good.amount
    return _kept_steps(kept, good) + _lost_steps(lost, bad, row, moves[0])


def _kept_steps(kept: list[Record], good: Decimal) -> list[tuple[object, ...]]:
    if not good:
        # A move of nothing would set the cost of a product that there is none of to zero.
        return [("delete", [move["id"] for move in kept])] if kept else []
    return _rewritten(kept, good)


def _lost_steps(
    lost: list[Record], bad: Decimal, row: Record, pattern: Record
) -> list[tuple[object, ...]]:
    if lost:
        return _rewritten(lost, bad)
    same = {name: pattern[name] for name in ("product", "unit", "from_location")}
    return [("create", [{**same, "to_location": _waste(row), "quantity": float_of(bad)}])]


def _rewritten(moves: list[Record], amount: Decimal) -> list[tuple[object, ...]]:
    move = moves[0]
    if decimal_of(move["quantity"]) == amount:
        return []
    return [("write", [move["id"]], {"quantity": float_of(amount)})]


def _waste(row: Record) -> int:
    places = row["warehouse."]["waste_locations"]
    if not places:
        raise Rejected(
            f"the warehouse {row['warehouse.']['name']!r} has no place for what is scrapped: "
            "name a waste location on it, in Tryton"
        )
    return int(places[0])
