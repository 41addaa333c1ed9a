"""Offers as Tryton's sales, and back."""

from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.records import at, read
from tasks.adapters.tryton.sales.maps import OFFER_LINES, OFFERS
from tasks.adapters.tryton.sales.taxes import percent
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Offer, OfferLine

_LINE = [*OFFER_LINES.asked, "product.name", "taxes.rate"]
_ASKED = [
    *OFFERS.asked,
    "number",
    "quotation_date",
    "sale_date",
    "create_date",
    # What people write between the lines, such as titles, are lines in `lines` only.
    *(f"line_lines.{name}" for name in _LINE),
]


def read_offer(tryton: Tryton, condition: Domain) -> Offer | None:
    """Return the first offer that fits, with its lines."""
    found = tryton.search_read(OFFERS.record, condition, _ASKED, limit=1, order=[("id", "ASC")])
    return _offer(found[0]) if found else None


def _offer(row: Record) -> Offer:
    return read(
        OFFERS,
        row,
        # Tryton numbers a sale when it is quoted; until then it shows its id, in parentheses.
        number=row["number"] or f"({row['id']})",
        date=row["quotation_date"] or row["sale_date"] or row["create_date"].date(),
        lines=tuple(_line(line) for line in row["line_lines."]),
    )


def _line(row: Record) -> OfferLine:
    text = row["description"] or at(row, "product.name")
    return read(
        OFFER_LINES,
        {**row, "description": text},
        tax_rate=percent(tax["rate"] for tax in row["taxes."]),
    )
