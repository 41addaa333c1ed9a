"""What may be put on an offer, and what it comes to: the ERP's own rules."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, select

from tasks.adapters.embedded.tables import products, taxes, units
from tasks.adapters.ids import no_such, number_of
from tasks.billing.contracts import InvoiceLine, OfferDraftLine, OfferLine
from tasks.erp_errors import Rejected
from tasks.values import Id, Money, Quantity

#: the only currency this ERP sells in
CURRENCY = "EUR"
UNIT_PRICE_DIGITS = 4
#: quantities and unit prices are below this, so that their product fits 28 exact digits
TOO_MUCH = Decimal(10) ** 9

_ZERO = Money.of("0.00", CURRENCY)

SoldLine = OfferLine | InvoiceLine


@dataclass(frozen=True)
class Article:
    """A product as the sales rules see it."""

    number: int
    code: str
    name: str
    category: str
    unit: str
    #: decimals that a quantity in this unit may have
    digits: int
    list_price: Decimal
    tax_rate: Decimal


def articles(connection: Connection, wanted: Iterable[Id]) -> dict[Id, Article]:
    """Return the articles with these ids.

    Raises:
        NotFound: one of them is no product.
    """
    numbers = {record: number_of("product", record) for record in wanted}
    query = (
        select(products, units.c.digits, taxes.c.rate)
        .join(units, units.c.code == products.c.unit)
        .join(taxes, taxes.c.code == products.c.tax)
        .where(products.c.id.in_(numbers.values()))
    )
    found = {
        row.id: Article(
            number=row.id,
            code=row.code,
            name=row.name,
            category=row.category,
            unit=row.unit,
            digits=row.digits,
            list_price=row.list_price,
            tax_rate=row.rate,
        )
        for row in connection.execute(query)
    }
    missing = next((record for record, number in numbers.items() if number not in found), None)
    if missing is not None:
        raise no_such("product", missing)
    return {record: found[number] for record, number in numbers.items()}


def check_quantity(article: Article, quantity: Quantity, *, verb: str = "sold") -> None:
    """Let a quantity pass that this article is sold in.

    Args:
        verb: what else is to be done with it, such as `made`.

    Raises:
        Rejected: it is not positive, in another unit, or finer than the unit allows.
    """
    if quantity.unit != article.unit:
        raise Rejected(
            f"{article.code!r} is {verb} by the {article.unit}, not by the {quantity.unit!r}: "
            "convert the quantity first"
        )
    check_amount(article.code, quantity, article.digits, verb=verb)


def check_amount(what: str, quantity: Quantity, digits: int, *, verb: str = "sold") -> None:
    """Let a quantity pass that is positive and no finer than its unit's digits.

    Raises:
        Rejected: it is not.
    """
    if not 0 < quantity.amount < TOO_MUCH:
        raise Rejected(
            f"{quantity} of {what!r} cannot be {verb}: ask for more than nothing "
            f"and less than {TOO_MUCH}"
        )
    if _decimals(quantity.amount) > digits:
        raise Rejected(
            f"{quantity} of {what!r} cannot be {verb}: a quantity in {quantity.unit} "
            f"has at most {digits} decimals"
        )


def check_price(what: str, price: Money) -> None:
    """Let a unit price pass.

    Raises:
        Rejected: it is in another currency, below zero, too large or too fine.
    """
    if price.currency != CURRENCY:
        raise Rejected(f"{what!r} is priced {price}: this ERP sells in {CURRENCY}")
    if not 0 <= price.amount < TOO_MUCH or _decimals(price.amount) > UNIT_PRICE_DIGITS:
        raise Rejected(
            f"{price} is no unit price of {what!r}: give zero or more, below {TOO_MUCH}, "
            f"with at most {UNIT_PRICE_DIGITS} decimals"
        )


def kept(line: OfferDraftLine, article: Article) -> OfferLine:
    """Return the line as the ERP keeps it, its amount rounded to cents.

    Raises:
        Rejected: the ERP does not take its quantity or its price.
    """
    check_quantity(article, line.quantity)
    check_price(article.code, line.unit_price)
    return OfferLine(
        product=line.product,
        text=line.text or article.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=(line.unit_price * line.quantity.amount).rounded(),
        tax_rate=article.tax_rate,
    )


def totals(lines: Iterable[SoldLine]) -> tuple[Money, Money]:
    """Return the net amount and the tax on it."""
    kept_lines = list(lines)
    net = sum((line.amount for line in kept_lines), _ZERO)
    return net, sum(taxes_on(kept_lines).values(), _ZERO)


def taxes_on(lines: Iterable[SoldLine]) -> dict[Decimal, Money]:
    """Return the tax of each rate.

    It is rounded once for each rate, on the sum of that rate's lines, as Tryton
    does by default: rounding each line would drift by a cent on long offers.
    """
    by_rate: defaultdict[Decimal, Money] = defaultdict(lambda: _ZERO)
    for line in lines:
        by_rate[line.tax_rate] += line.amount
    return {rate: (base * (rate / 100)).rounded() for rate, base in by_rate.items()}


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
