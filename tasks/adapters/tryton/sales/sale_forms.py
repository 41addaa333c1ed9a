"""A sale as Tryton's own client fills it in: what follows from the customer and the product."""

import datetime as dt

from tasks.adapters.tryton import forms
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.sales.articles import Article
from tasks.adapters.tryton.wire import Record, float_of
from tasks.values import Id, Quantity

#: how a new sale begins
_BEGINS = ("currency", "warehouse", "invoice_method", "shipment_method")
#: what a line wants to know of its sale
_HEAD = ("company", "party", "invoice_party", "currency", "price_list")


def head_of(books: Books, customer: Id) -> Record:
    """Return a new sale to a customer: its addresses, terms, currency and price list.

    Raises:
        NotFound: no customer has this id.
    """
    tryton = books.tryton
    party = existing(tryton, "party.party", "customer", customer)
    begins = {"company": books.company, **forms.defaults(tryton, "sale.sale", _BEGINS)}
    return forms.after_change(tryton, "sale.sale", {**begins, "party": party}, ["party"])


def line_of(
    books: Books, head: Record, article: Article, quantity: Quantity, *, on: dt.date
) -> Record:
    """Return a new line of a sale: its price, and the taxes that the customer's rule leaves.

    Args:
        books: where the product is.
        head: the sale.
        article: the product.
        quantity: in the article's unit.
        on: the day whose price is asked for.
    """
    sale = {**{name: head.get(name) for name in _HEAD}, "sale_date": on}
    line = {
        "type": "line",
        "product": article.number,
        "unit": article.unit_number,
        "quantity": float_of(quantity.amount),
        "sale": sale,
    }
    answer = books.tryton.call("model.sale.line.on_change_product", line)
    filled = {**line, **forms.writable(answer)}
    kept = ("type", "product", "unit", "quantity", "unit_price", "taxes")
    return {name: filled[name] for name in kept if name in filled}
