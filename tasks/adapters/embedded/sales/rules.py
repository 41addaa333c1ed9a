"""What is put on an offer or an invoice, and what it comes to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, select

from tasks.adapters.embedded.currency import CURRENCY, NOTHING
from tasks.adapters.embedded.sales.tables import products, taxes, units
from tasks.adapters.ids import no_such, number_of
from tasks.adapters.rules.sales import check_price, check_quantity
from tasks.billing.contracts import InvoiceLine, OfferDraftLine, OfferLine
from tasks.values import Id, Money

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


def kept(line: OfferDraftLine, article: Article) -> OfferLine:
    """Return the line as the ERP keeps it, its amount rounded to cents.

    Raises:
        Rejected: the ERP does not take its quantity or its price.
    """
    check_quantity(article, line.quantity)
    check_price(article.code, line.unit_price, CURRENCY)
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
    net = sum((line.amount for line in kept_lines), NOTHING)
    return net, sum(taxes_on(kept_lines).values(), NOTHING)


def taxes_on(lines: Iterable[SoldLine]) -> dict[Decimal, Money]:
    """Return the tax of each rate.

    As Tryton does by default, it is taken of what the lines come to before that is rounded, and
    rounded once for each rate: of rounded lines it would drift by a cent on long offers.
    """
    by_rate: defaultdict[Decimal, Money] = defaultdict(lambda: NOTHING)
    for line in lines:
        by_rate[line.tax_rate] += line.unit_price * line.quantity.amount
    return {rate: (base * (rate / 100)).rounded() for rate, base in by_rate.items()}
