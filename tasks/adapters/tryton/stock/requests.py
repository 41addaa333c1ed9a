"""What is asked of the buyers, as Tryton has it: lines of purchases."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.records import at
from tasks.adapters.tryton.records import read as read_by
from tasks.adapters.tryton.stock.maps import KIND, REQUESTS
from tasks.adapters.tryton.wire import Record
from tasks.inventory.contracts import ProcurementRequest, ProcurementState
from tasks.values import Id

_FIELDS = (
    *REQUESTS.asked,
    "delivery_date",
    "delivery_date_store",
    "purchase.number",
    "purchase.description",
    "purchase.warehouse",
    "purchase.party",
    "purchase.create_date",
    "purchase.lines",
    "moves.state",
    "moves.shipment",
)
_GOODS = [("type", "=", "line"), ("product", "!=", None), ("quantity", ">", 0)]


@dataclass(frozen=True)
class Line:
    """A line of a purchase: ours, and what it takes to bring its goods in."""

    request: ProcurementRequest
    purchase: int
    supplier: int
    warehouse: int | None
    #: the purchase has other lines too
    shared: bool
    #: of its goods, by number: the state, and the receipt that they come by
    moves: tuple[Record, ...]


def get(tryton: Tryton, request: Id) -> Line:
    """Return one line.

    Raises:
        NotFound: no request has this id.
    """
    found = read(tryton, [("id", "=", number_of(KIND, request))])
    if not found:
        raise no_such(KIND, request)
    return found[0]


def read(tryton: Tryton, domain: Domain) -> list[Line]:
    """Return the lines of goods that fit, the first due first."""
    found = tryton.search_read(REQUESTS.record, [*_GOODS, *domain], _FIELDS)
    lines = [_line(row) for row in found]
    return sorted(lines, key=lambda line: (line.request.due, number_of(KIND, line.request.id)))


def _line(row: Record) -> Line:
    purchase, moves = row["purchase."], tuple(row["moves."])
    request = read_by(
        REQUESTS,
        row,
        # As it was asked for; what has come has another date of delivery.
        due=row["delivery_date_store"]
        or row["delivery_date"]
        or at(row, "purchase.create_date").date(),
        number=purchase["number"] or f"({purchase['id']})",
        origin=purchase["description"] or None,
    )
    if request.state == ProcurementState.ORDERED and _all_here(moves):
        request = request.model_copy(update={"state": ProcurementState.RECEIVED})
    return Line(
        request,
        purchase["id"],
        purchase["party"],
        purchase["warehouse"],
        len(purchase["lines"]) > 1,
        moves,
    )


def _all_here(moves: Sequence[Record]) -> bool:
    states = {move["state"] for move in moves} - {"cancelled"}
    return states == {"done"}
