"""Prices in Tryton: what the form of a sale to the customer says."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tasks.adapters.rules.sales import check_quantity
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.fields import price_of
from tasks.adapters.tryton.sales.articles import Article, articles
from tasks.adapters.tryton.sales.sale_forms import head_of, line_of
from tasks.adapters.tryton.sales.taxes import percent, rates, taxes_of
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Price
from tasks.erp_errors import Rejected
from tasks.values import Id, Money, Wanted


class Pricing:
    """A `PricingService`; each price takes a call of its own."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def prices(self, customer: Id, wanted: Sequence[Wanted], on: dt.date) -> list[Price]:
        """Return a price for each wanted product, in the same order."""
        tryton = self._books.tryton
        head = head_of(self._books, customer)
        asked = {"currency": head["currency"], "sale_date": on}
        known = articles(tryton, [item.product for item in wanted], prices=asked)
        for item in wanted:
            check_quantity(known[item.product], item.quantity)
        lines = [
            line_of(self._books, head, known[item.product], item.quantity, on=on) for item in wanted
        ]
        shares = rates(tryton, (tax for line in lines for tax in taxes_of(line)))
        currency = self._books.currencies[head["currency"]]
        return [
            _price(item, known[item.product], line, shares=shares, currency=currency)
            for item, line in zip(wanted, lines, strict=True)
        ]


def _price(
    item: Wanted, article: Article, line: Record, *, shares: Mapping[int, Decimal], currency: str
) -> Price:
    price = line.get("unit_price")
    if price is None:
        raise Rejected(
            f"{item.quantity} of {article.code!r} have no price on the customer's list: "
            "let one of its lines fit"
        )
    listed = price if article.list_price is None else article.list_price
    return Price(
        product=item.product,
        quantity=item.quantity,
        unit_price=Money.of(price_of(price), currency),
        list_price=Money.of(price_of(listed), currency),
        tax_rate=percent(shares[tax] for tax in taxes_of(line)),
    )
