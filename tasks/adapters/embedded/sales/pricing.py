"""Prices of the embedded ERP: the customer's price list, else the list price."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.adapters.embedded.sales.rules import Article, articles
from tasks.adapters.embedded.sales.tables import customers, price_rules
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.ids import no_such, number_of
from tasks.adapters.rules.sales import check_quantity
from tasks.billing.contracts import Price
from tasks.values import CENT, Id, Money, Wanted

#: unit prices have four decimals: a bolt costs a fraction of a cent less by the thousand
UNIT_PRICE_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Rule:
    """One line of a price list: what it is for, from which quantity on, and the price."""

    product: int | None
    category: str | None
    min_quantity: Decimal
    discount: Decimal | None
    unit_price: Decimal | None

    def fits(self, article: Article, quantity: Decimal) -> bool:
        """Say whether the rule speaks of this article in this quantity."""
        return (
            self.product in (None, article.number)
            and self.category in (None, article.category)
            and self.min_quantity <= quantity
        )

    @property
    def rank(self) -> tuple[bool, bool, Decimal]:
        """The greater, the more the rule has to say: product, category, all; then quantity."""
        return self.product is not None, self.category is not None, self.min_quantity

    def price(self, list_price: Decimal) -> Decimal:
        """Return the unit price under this rule."""
        if self.unit_price is not None:
            return self.unit_price
        share = 1 - (self.discount or Decimal(0)) / 100
        price = (list_price * share).quantize(UNIT_PRICE_STEP, rounding=ROUND_HALF_EVEN)
        cents = price.quantize(CENT, rounding=ROUND_HALF_EVEN)
        return cents if cents == price else price


def unit_price(article: Article, quantity: Decimal, rules: Iterable[Rule]) -> Decimal:
    """Return the price by the most particular rule that fits; without one, the list price.

    A price agreed for a product holds even where a discount on its category
    would be lower: the list says what it means, it does not compete with itself.
    """
    fitting = [rule for rule in rules if rule.fits(article, quantity)]
    if not fitting:
        return article.list_price
    return max(fitting, key=lambda rule: rule.rank).price(article.list_price)


class Pricing:
    """A `PricingService`; its lists hold on every day, so `on` changes nothing yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prices(
        self,
        customer: Id,
        wanted: Sequence[Wanted],
        on: dt.date,  # noqa: ARG002  # the contract's; Tryton's lists have dates
    ) -> list[Price]:
        """Return a price for each wanted product, in the same order."""
        with self._database.reading() as connection:
            rules = _rules_for(connection, customer)
            known = articles(connection, [item.product for item in wanted])
        return [_priced(item, known[item.product], rules) for item in wanted]


def _priced(item: Wanted, article: Article, rules: Sequence[Rule]) -> Price:
    check_quantity(article, item.quantity)
    return Price(
        product=item.product,
        quantity=item.quantity,
        unit_price=Money(amount=unit_price(article, item.quantity.amount, rules)),
        list_price=Money(amount=article.list_price),
        tax_rate=article.tax_rate,
    )


def _rules_for(connection: Connection, customer: Id) -> list[Rule]:
    number = number_of("customer", customer)
    held = connection.execute(
        select(customers.c.price_list).where(customers.c.id == number)
    ).one_or_none()
    if held is None:
        raise no_such("customer", customer)
    query = select(price_rules).where(price_rules.c.price_list == held.price_list)
    return [_rule(row) for row in connection.execute(query)]


def _rule(row: Row[Any]) -> Rule:
    return Rule(row.product_id, row.category, row.min_quantity, row.discount, row.unit_price)
