"""Deliveries: Tryton's customer shipments, which it makes of what is ordered.

| ours      | Tryton's states                                            |
|-----------|------------------------------------------------------------|
| waiting   | draft, waiting                                             |
| reserved  | assigned; picked and packed, which is half of being sent   |
| shipped   | shipped, done                                              |
| cancelled | cancelled                                                  |

A shipment has its goods twice: the moves from the storage to the output zone, which are assigned
one by one, and those from there to the customer. A warehouse without an output zone has one kind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.fields import by_theirs
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.inventory.contracts import Delivery, DeliveryState, Reservation
from tasks.values import Id, Quantity, Wanted

MODEL = "stock.shipment.out"
_STATES = {
    DeliveryState.WAITING: ("draft", "waiting"),
    DeliveryState.RESERVED: ("assigned", "picked", "packed"),
    DeliveryState.SHIPPED: ("shipped", "done"),
    DeliveryState.CANCELLED: ("cancelled",),
}
STATE_OF = by_theirs(_STATES)
_MOVE = ("product", "quantity", "unit.symbol", "state")
_FIELDS = (
    "number",
    "state",
    "customer",
    "planned_date",
    *(f"outgoing_moves.{name}" for name in (*_MOVE, "sale", "product.code")),
    *(f"inventory_moves.{name}" for name in _MOVE),
)


@dataclass(frozen=True)
class Shipment:
    """A shipment as it was read: ours, and Tryton's own words for where it is."""

    number: int
    state: str
    delivery: Delivery
    #: what is put aside, piece by piece
    picking: tuple[Record, ...]
    #: the moves to the customer, by Tryton's name for them, and the codes of what they take
    outgoing: Mapping[str, str]

    @property
    def reservation(self) -> Reservation:
        """What is put aside and what is missing, each product once."""
        missing = _added_up(move for move in self.picking if move["state"] in ("draft", "staging"))
        return Reservation(
            document=self.delivery.id,
            complete=not missing,
            reserved=_added_up(m for m in self.picking if m["state"] in ("assigned", "done")),
            missing=missing,
        )


def get(tryton: Tryton, delivery: Id) -> Shipment:
    """Return one shipment.

    Raises:
        NotFound: no delivery has this id.
    """
    found = read(tryton, [("id", "=", number_of("delivery", delivery))])
    if not found:
        raise no_such("delivery", delivery)
    return found[0]


def read(tryton: Tryton, domain: Domain) -> list[Shipment]:
    """Return the shipments of orders that fit, the first planned first."""
    order = [("planned_date", "ASC NULLS FIRST"), ("id", "ASC")]
    rows = tryton.search_read(MODEL, domain, _FIELDS, order=order)
    # What somebody sends without an order is no delivery of ours.
    return [_shipment(row) for row in rows if _sale(row) is not None]


def _shipment(row: Record) -> Shipment:
    goods = sorted(row["outgoing_moves."], key=lambda move: move["id"])
    # A cancelled delivery still says what it was to take.
    gone = [] if row["state"] == "cancelled" else ["cancelled"]
    delivery = Delivery(
        id=id_of("delivery", row["id"]),
        number=row["number"] or f"({row['id']})",
        state=STATE_OF[row["state"]],
        order=id_of("offer", _sale(row) or 0),
        customer=id_of("customer", row["customer"]),
        lines=tuple(_wanted(move) for move in goods if move["state"] not in gone),
        planned=row["planned_date"],
    )
    picking = tuple(row["inventory_moves."] or goods)
    outgoing = {f"stock.move,{move['id']}": move["product."]["code"] or "" for move in goods}
    return Shipment(row["id"], row["state"], delivery, picking, outgoing)


def _sale(row: Record) -> int | None:
    return next((move["sale"] for move in row["outgoing_moves."] if move["sale"]), None)


def _wanted(move: Record) -> Wanted:
    quantity = Quantity(amount=decimal_of(move["quantity"]), unit=move["unit."]["symbol"])
    return Wanted(product=id_of("product", move["product"]), quantity=quantity)


def _added_up(moves: Iterable[Record]) -> tuple[Wanted, ...]:
    sums: dict[int, Wanted] = {}
    for move in sorted(moves, key=lambda move: move["product"]):
        wanted, before = _wanted(move), sums.get(move["product"])
        if before is not None:
            wanted = Wanted(product=wanted.product, quantity=before.quantity + wanted.quantity)
        sums[move["product"]] = wanted
    return tuple(wanted for wanted in sums.values() if wanted.quantity.amount)
