"""What lies in the company's warehouses, and at what cost."""

from collections.abc import Collection
from decimal import Decimal
from functools import cached_property

from tasks.adapters.rules.valuation import Shelf
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.wire import decimal_of


class Shelves:
    """The warehouses, which are asked for once."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def of(self, products: Collection[int]) -> dict[int, Shelf]:
        """Return the shelves of these products; an unknown one has none."""
        if not products:
            return {}
        found = self._books.tryton.search_read(
            "product.product",
            # Out of use, it may still lie there.
            [("id", "in", list(products)), ("active", "in", [True, False])],
            ["quantity", "cost_price"],
            context={"locations": self._warehouses, "with_childs": True},
        )
        return {
            row["id"]: Shelf(decimal_of(row["quantity"] or 0.0), row["cost_price"] or Decimal(0))
            for row in found
        }

    @cached_property
    def currency(self) -> str:
        """The currency that the books hold them in."""
        company = self._books.tryton.get("company.company", self._books.company, ["currency.code"])
        return str(company["currency."]["code"])

    @cached_property
    def _warehouses(self) -> list[int]:
        found = self._books.tryton.search_read(
            "stock.location", [("type", "=", "warehouse")], ["id"]
        )
        return [row["id"] for row in found]
