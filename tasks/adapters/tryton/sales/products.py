"""The products in Tryton, in the unit they are sold by.

The catalogue is the goods that are salable. Services are salable too, and projects sell them:
nobody orders an hour by its code.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.records import read
from tasks.adapters.tryton.sales.maps import PRODUCTS
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.values import Id, Pack, Product, Quantity

_UNIT = ("symbol", "digits", "category", "factor")
_ASKED = [
    *PRODUCTS.asked,
    "categories.name",
    *(f"{unit}.{field}" for unit in ("sale_uom", "default_uom") for field in _UNIT),
]
_CATALOGUE = [
    ("salable", "=", True),
    ("type", "!=", "service"),
    ("code", "!=", None),
    ("code", "!=", ""),
]


class Products:
    """A `ProductRepository`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def get(self, product: Id) -> Product:
        """Return one product."""
        found = self._where([("id", "=", number_of("product", product))])
        if not found:
            raise no_such("product", product)
        return found[0]

    def by_codes(self, codes: Iterable[str]) -> dict[str, Product]:
        """Return the products that have these very codes."""
        found = self._where([("code", "in", sorted(set(codes)))])
        return {product.code: product for product in found}

    def catalogue(self, after: str = "", limit: int = 500) -> list[Product]:
        """Return the next page in the order of the codes."""
        beyond = [self._beyond(after)] if after else []
        return self._where([*_CATALOGUE, *beyond], limit=limit)

    def catalogue_version(self) -> str:
        """Return how many products there are, the newest, and when one was last written to.

        Tryton writes to a product when its cost changes too: the version changes with it.
        """
        tryton = self._books.tryton
        count = tryton.count(PRODUCTS.record, _CATALOGUE)
        newest = self._last(PRODUCTS.record, "id", "id", "DESC")
        changes = [
            self._last(model, "write_date", "write_date", "DESC NULLS LAST")
            for model in (PRODUCTS.record, "product.template")
        ]
        return "/".join(str(part) for part in (count, newest, *changes))

    def _last(self, model: str, field: str, by: str, way: str) -> Any:
        found = self._books.tryton.search_read(model, [], [field], limit=1, order=[(by, way)])
        return found[0][field] if found else None

    def _beyond(self, code: str) -> Sequence[object]:
        """Return the condition of a code that comes after this one in Tryton's order."""
        if not self._numbered:
            return ("code", ">", code)
        longer, as_long = "_" * (len(code) + 1) + "%", "_" * len(code)
        return ["OR", ("code", "like", longer), [("code", "like", as_long), ("code", ">", code)]]

    @cached_property
    def _numbered(self) -> bool:
        """Whether Tryton gives the codes out: it puts the shorter ones first then."""
        begins = (
            self._books.tryton.call(f"model.{model}.default_get", ["code_readonly"], False)
            for model in (PRODUCTS.record, "product.template")
        )
        return any(fields.get("code_readonly") for fields in begins)

    def _where(self, condition: Domain, *, limit: int | None = None) -> list[Product]:
        found = self._books.tryton.search_read(
            PRODUCTS.record, condition, _ASKED, limit=limit, order=[("code", "ASC")]
        )
        return [_product(row, self._units) for row in found]

    @cached_property
    def _units(self) -> list[Record]:
        return self._books.tryton.search_read("product.uom", [], list(_UNIT))


def _product(row: Record, units: Sequence[Record]) -> Product:
    unit = row["sale_uom."] or row["default_uom."]  # what is not sold has no unit for it
    categories = sorted(category["name"] for category in row["categories."])
    return read(
        PRODUCTS,
        {**row, "sale_uom.": unit},
        category=next(iter(categories), ""),
        packs=tuple(_packs(unit, units)),
    )


def _packs(own: Record, units: Iterable[Record]) -> Iterator[Pack]:
    """Give the units of the same kind that hold more than one of the own."""
    for unit in units:
        holds = decimal_of(unit["factor"]) / decimal_of(own["factor"])
        if unit["category"] == own["category"] and holds > 1 and holds == int(holds):
            amount = Decimal(int(holds))
            yield Pack(unit=unit["symbol"], holds=Quantity(amount=amount, unit=own["symbol"]))
