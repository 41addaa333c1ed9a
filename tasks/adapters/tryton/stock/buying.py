"""Draft purchases: from whom, at which price, and with all that Tryton's own client fills in."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.rules.sales import check_quantity
from tasks.adapters.tryton import forms
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.wire import Record, decimal_of, float_of
from tasks.erp_errors import Rejected
from tasks.values import Id, Quantity

_HEAD = ("company", "party", "currency", "warehouse", "invoice_address", "payment_term")
_METHOD = "invoice_method"


@dataclass(frozen=True)
class Article:
    """A product as the buyers see it, in its own unit."""

    number: int
    code: str
    unit: str
    unit_number: int
    digits: int


@dataclass(frozen=True)
class Price:
    """What a supplier takes for one."""

    supplier: int
    code: str
    least: Decimal
    amount: Decimal


def bought(books: Books, product: Id, quantity: Quantity) -> Article:
    """Return a product that so much can be bought of.

    Raises:
        NotFound: no product has this id.
        Rejected: the quantity is not positive or not in its unit.
    """
    number = number_of("product", product)
    fields = ["code", "default_uom.symbol", "default_uom.digits"]
    found = books.tryton.search_read("product.product", [("id", "=", number)], fields)
    if not found:
        raise no_such("product", product)
    unit = found[0]["default_uom."]
    article = Article(number, found[0]["code"] or "", unit["symbol"], unit["id"], unit["digits"])
    check_quantity(article, quantity, verb="bought")
    return article


def cheapest(books: Books, article: Article, amount: Decimal) -> Price:
    """Return the price of the supplier that sells so much for the least.

    Less than the least that a supplier lists costs what that costs.

    Raises:
        Rejected: no supplier has a price for it.
    """
    breaks: dict[int, Price] = {}
    for price in sorted(_prices(books, article), key=lambda price: price.least):
        if price.least <= amount or price.supplier not in breaks:
            breaks[price.supplier] = price
    if not breaks:
        raise Rejected(f"{article.code!r} cannot be bought: no supplier has a price for it")
    return min(breaks.values(), key=lambda price: (price.amount, price.code))


def purchase_of(
    books: Books, article: Article, price: Price, amount: Decimal, due: dt.date
) -> Record:
    """Return a new purchase of one line, without our key."""
    tryton, model = books.tryton, "purchase.purchase"
    begins = forms.defaults(tryton, model, ["currency", "warehouse", _METHOD])
    begins = {"company": books.company, **begins, "party": price.supplier}
    head = forms.after_change(tryton, model, begins, ["party"])
    line = {
        "type": "line",
        "product": article.number,
        "quantity": float_of(amount),
        "unit": article.unit_number,
        "unit_price": price.amount,
        "delivery_date_edit": True,
        "delivery_date_store": due,
        **_taxes(books, head, article),
    }
    kept = {name: head[name] for name in (*_HEAD, _METHOD) if name in head}
    return {**kept, "lines": [("create", [line])]}


def _taxes(books: Books, head: Record, article: Article) -> Record:
    purchase = {name: head.get(name) for name in ("company", "party", "currency", "warehouse")}
    asked = {"type": "line", "product": article.number, "purchase": purchase}
    answer = forms.writable(books.tryton.call("model.purchase.line.on_change_product", asked))
    return {name: answer[name] for name in ("taxes", "product_supplier") if name in answer}


def _prices(books: Books, article: Article) -> list[Price]:
    of_it = ["OR", ("product", "=", article.number), ("template.products", "=", article.number)]
    found = books.tryton.search_read(
        "purchase.product_supplier",
        [of_it, ("product", "in", [article.number, None])],
        ["party.code", "prices.quantity", "prices.unit_price"],
    )
    return [
        Price(
            row["party."]["id"], row["party."]["code"], decimal_of(p["quantity"]), p["unit_price"]
        )
        for row in found
        for p in row["prices."]
    ]
