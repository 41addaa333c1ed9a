"""What a sale wants to know of a product, and of what it is taxed by."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record
from tasks.erp_errors import Rejected
from tasks.values import Id

_ASKED = ["code", "salable", "sale_uom.symbol", "sale_uom.digits", "sale_price_uom"]


@dataclass(frozen=True)
class Article:
    """A product as a sale sees it.

    Attributes:
        list_price: of one in the unit it is sold by; None where it has none.
    """

    number: int
    code: str
    unit: str
    unit_number: int
    digits: int
    list_price: Decimal | None


def articles(tryton: Tryton, wanted: Iterable[Id], *, prices: Record) -> dict[Id, Article]:
    """Return the articles with these ids.

    Args:
        tryton: where they are.
        wanted: the products.
        prices: which list prices, as a context: `currency`, `sale_date`.

    Raises:
        NotFound: one of them is no product.
        Rejected: one of them is not sold.
    """
    numbers = {record: number_of("product", record) for record in wanted}
    condition = [("id", "in", sorted(set(numbers.values())))]
    context = {**prices, "quantity": 1.0}
    found = tryton.search_read("product.product", condition, _ASKED, context=context)
    rows = {row["id"]: row for row in found}
    missing = next((record for record, number in numbers.items() if number not in rows), None)
    if missing is not None:
        raise no_such("product", missing)
    return {record: _article(rows[number]) for record, number in numbers.items()}


def _article(row: Record) -> Article:
    unit = row["sale_uom."]
    if not row["salable"] or unit is None:
        raise Rejected(f"{row['code']!r} is not for sale: make it salable, or take another product")
    return Article(
        number=row["id"],
        code=row["code"] or "",
        unit=unit["symbol"],
        unit_number=unit["id"],
        digits=unit["digits"],
        list_price=row["sale_price_uom"],
    )
