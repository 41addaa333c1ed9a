"""Production orders as Tryton keeps them, and back.

    an order's key                    its reference
    its materials                     input moves, reserved when assigned and consumed when done
    its good ones, its scrap          output moves to the storage and to the warehouse's waste
    why something was scrapped        a note, with the key that scrapped it

Tryton numbers an order when it is released; a draft shows its id, in parentheses.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.production import CANCELLED, DONE, RUNNING, cannot_be
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.notes import Note, Notes
from tasks.adapters.tryton.production.maps import KIND, ORDERS, SCRAPS, STATE_OF, noted
from tasks.adapters.tryton.records import read
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    Material,
    ProductionOrder,
    ProductionState,
    Reservation,
    Scrap,
)
from tasks.values import Id, Quantity, Wanted

MODEL = "production"

_ASKED = (
    *ORDERS.asked,
    "number",
    "inputs.product",
    "inputs.state",
    "inputs.internal_quantity",
    "inputs.product.default_uom.symbol",
    "inputs.product.default_uom.digits",
)


class OrderRecords:
    """The production orders of one company's books."""

    def __init__(self, books: Books) -> None:
        self.tryton = books.tryton
        self.notes = Notes(books.tryton, MODEL)

    def get(self, order: Id) -> ProductionOrder:
        """Return one order.

        Raises:
            NotFound: no order has this id.
        """
        found = self._where([("id", "=", number_of(KIND, order))])
        if found is None:
            raise no_such(KIND, order)
        return found

    def find(self, key: str) -> ProductionOrder | None:
        """Return the order that this key created, scrapped of or reworked."""
        made = self._where([("reference", "=", kept_key(key))])
        if made is not None:
            return made
        note = self.note(key)
        return None if note is None else self.get(id_of(KIND, note.record))

    def note(self, key: str) -> Note | None:
        """Return the note of what this key scrapped or reworked."""
        said = self.notes.saying("key", key)
        return next((note for note in said if note.facts.keys() & {"scrapped", "rework"}), None)

    def claim(self, order: Id, verb: str, sources: Sequence[ProductionState]) -> ProductionOrder:
        """Return an order that is in one of these states; whoever asks holds its lock.

        Raises:
            NotFound: no order has this id.
            Rejected: it is in another state.
        """
        found = self.get(order)
        if found.state not in sources:
            raise cannot_be(found.number, found.state, verb, sources)
        return found

    def press(
        self, order: ProductionOrder, button: str, target: ProductionState
    ) -> ProductionOrder:
        """Press a button of an order, and return the order as it is then.

        Raises:
            Rejected: Tryton left it in another state than `target`.
        """
        number = number_of(KIND, order.id)
        answer = self.tryton.call(f"model.{MODEL}.{button}", [number])
        after = self.get(order.id)
        if after.state != target:
            wants = f" and wants {answer['name']!r}" if isinstance(answer, dict) else ""
            raise Rejected(
                f"Tryton leaves production order {order.number} {after.state} instead of {target}"
                f"{wants}: see to it in Tryton"
            )
        return after

    def _where(self, condition: Domain) -> ProductionOrder | None:
        found = self.tryton.search_read(MODEL, condition, _ASKED, limit=1, order=[("id", "ASC")])
        if not found:
            return None
        [row] = found
        return read(
            ORDERS,
            row,
            number=row["number"] or f"({row['id']})",
            materials=tuple(_materials(row)),
            scrapped=tuple(self._scraps(row)),
        )

    def _scraps(self, row: Record) -> Iterable[Scrap]:
        # Only what began can have been scrapped: the others save a question.
        if STATE_OF[row["state"]] not in (RUNNING, DONE):
            return
        for note in self.notes.of([row["id"]]):
            if "scrapped" in note.facts:
                yield read(SCRAPS, noted(row, note.facts))


def reservation(order: ProductionOrder) -> Reservation:
    """Return what an order has put aside, and what it lacks."""
    lacking = {item.product: item.planned - item.reserved for item in order.materials}
    return Reservation(
        document=order.id,
        complete=not any(quantity.amount for quantity in lacking.values()),
        reserved=_parts({item.product: item.reserved for item in order.materials}),
        missing=_parts(lacking),
    )


def _parts(quantities: dict[Id, Quantity]) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(product=product, quantity=quantity)
        for product, quantity in quantities.items()
        if quantity.amount
    )


def _materials(row: Record) -> Iterable[Material]:
    """Give what an order takes, in the order of the products' numbers."""
    moves: defaultdict[int, list[Record]] = defaultdict(list)
    for move in row["inputs."]:
        moves[move["product"]].append(move)
    for product in sorted(moves):
        yield _material(product, moves[product], is_cancelled=row["state"] == CANCELLED)


def _material(product: int, moves: Sequence[Record], *, is_cancelled: bool) -> Material:
    unit = moves[0]["product."]["default_uom."]

    def sum_of(*states: str) -> Quantity:
        amounts = [decimal_of(m["internal_quantity"]) for m in moves if m["state"] in states]
        exact = sum(amounts, Decimal(0))
        return Quantity(
            amount=exact.quantize(Decimal(1).scaleb(-unit["digits"])), unit=unit["symbol"]
        )

    all_but = () if not is_cancelled else ("cancelled",)
    return Material(
        product=id_of("product", product),
        planned=sum_of("staging", "draft", "assigned", "done", *all_but),
        reserved=sum_of("assigned"),
        consumed=sum_of("done"),
    )
