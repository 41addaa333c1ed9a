"""How a production order is written to Tryton: as its own client does it, with the exact amounts.

Tryton says from where to where the goods move, as it does when somebody fills in its form. How much
goes is counted from the bill (see `bills`), once a material.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tasks.adapters.ids import number_of
from tasks.adapters.rules.production import not_made
from tasks.adapters.rules.recipes import exact_materials, rounded_up
from tasks.adapters.rules.sales import check_quantity
from tasks.adapters.tryton import forms
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.production.bills import bill_of, with_kits
from tasks.adapters.tryton.production.order_records import MODEL
from tasks.adapters.tryton.production.steps import centres_of
from tasks.adapters.tryton.wire import Record, float_of
from tasks.erp_errors import Rejected
from tasks.values import Id, Quantity

_PRODUCT = ("product.code", "product.default_uom.symbol", "product.default_uom.digits")
#: what `create` takes of a move; all else of it, Tryton computes
_MOVE = (
    "product",
    "unit",
    "quantity",
    "from_location",
    "to_location",
    "company",
    "currency",
    "unit_price",
)


@dataclass(frozen=True)
class Made:
    """What is to be made, as the rules of quantities look at it."""

    code: str
    unit: str
    digits: int


class Planning:
    """Writes production orders."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._tryton = books.tryton

    def create(
        self, key: str, product: Id, quantity: Quantity, *, due: dt.date, start: dt.date | None
    ) -> int:
        """Write a draft with its materials; return its number.

        Raises:
            NotFound: no product has this id.
            Rejected: the product has no bill, or the quantity is not positive or not in its unit.
        """
        bill = bill_of(self._tryton, product, _PRODUCT)
        if bill is None:
            raise not_made(self._code(product))
        unit = bill["product."]["default_uom."]
        made = Made(bill["product."]["code"] or product, unit["symbol"], unit["digits"])
        check_quantity(made, quantity, verb="made")
        form = {
            **self._where,
            "company": self._books.company,
            "state": "draft",
            "product": bill["product"],
            "bom": bill["bom."]["id"],
            "unit": unit["id"],
            "quantity": float_of(quantity.amount),
        }
        moves = self._tryton.call(f"model.{MODEL}.on_change", form, ["quantity"])
        order = {
            **{name: form[name] for name in form if name != "state"},
            "reference": kept_key(key),
            "planned_date": due,
            # Tryton wants both days. Who names none means that there is no hurry.
            "planned_start_date": start or due,
            "inputs": [("create", self._inputs(bill, quantity.amount, moves))],
            "outputs": [("create", self._outputs(bill["product"], quantity.amount, moves))],
            **self._way(bill),
        }
        return self._tryton.create(MODEL, [order])[0]

    def _inputs(self, bill: Record, amount: Decimal, form: Record) -> list[Record]:
        recipe, opened = with_kits(self._tryton, bill["bom."], bill["product"])
        exact = exact_materials(recipe, amount, opened.__getitem__)
        # A material that several lines take is one move, so that it is rounded once.
        moves = {move["product"]: _move(move) for move in _added(form, "inputs")}
        digits = self._digits(moves)
        return [
            {**moves[product], "quantity": float_of(rounded_up(exact[product], digits[product]))}
            for product in sorted(exact)
        ]

    def _outputs(self, product: int, amount: Decimal, form: Record) -> list[Record]:
        moves = [_move(move) for move in _added(form, "outputs")]
        whole = {"quantity": float_of(amount)}
        return [{**move, **whole} if move["product"] == product else move for move in moves]

    def _digits(self, moves: Mapping[int, Record]) -> dict[int, int]:
        units = sorted({move["unit"] for move in moves.values()})
        found = self._tryton.search_read("product.uom", [("id", "in", units)], ["digits"])
        digits = {row["id"]: row["digits"] for row in found}
        return {product: digits[move["unit"]] for product, move in moves.items()}

    def _way(self, bill: Record) -> Record:
        """Return the routing, and the workshop whose centres do its steps."""
        if bill["routing"] is None:
            return {}
        if self._workshop is None:
            raise Rejected(
                f"there is no work centre for the routing of {bill['product.']['code']!r}: "
                "make one in Tryton that has no other above it"
            )
        return {"routing": bill["routing"], "work_center": self._workshop}

    def _code(self, product: Id) -> str:
        number = number_of("product", product)
        return str(self._tryton.get("product.product", number, ["code"])["code"] or product)

    @cached_property
    def _where(self) -> Record:
        return forms.defaults(self._tryton, MODEL, ["warehouse", "location", "type"])

    @cached_property
    def _workshop(self) -> int | None:
        return centres_of(self._tryton, ()).get(None)


def _added(form: Record, field: str) -> Sequence[Record]:
    return [move for _, move in (form.get(field) or {}).get("add") or ()]


def _move(move: Record) -> Record:
    return {name: move[name] for name in _MOVE if move.get(name) is not None}
