"""Money that came in, through the wizard that Tryton's own client pays with.

It writes the entry, sets it off against what is owed and lets the invoice be paid, all in one call:
either all of it has happened or nothing. The key is the entry's description.
"""

import datetime as dt

from tasks.adapters.ids import number_of
from tasks.adapters.rules.invoices import check_payment
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing import invoices
from tasks.adapters.tryton.invoicing.maps import KIND, MODEL, PAYMENTS
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.records import read
from tasks.billing.contracts import Payment
from tasks.erp_errors import Rejected
from tasks.values import Id, Money


def find(books: Books, key: str) -> Payment | None:
    """Return the payment that a key booked."""
    domain = [
        ("move.description", "=", kept_key(key)),
        ("move.origin", "like", f"{MODEL},%"),
        ("account.type.receivable", "=", True),
        ("credit", ">", 0),
    ]
    found = books.tryton.search_read(PAYMENTS.record, domain, PAYMENTS.asked, limit=1)
    return read(PAYMENTS, found[0]) if found else None


def book(books: Books, key: str, invoice: Id, amount: Money, on: dt.date) -> Payment:
    """Book money on a posted invoice; the caller has the key's lock.

    Raises:
        NotFound: no invoice has this id.
        Rejected: it is not what can be paid on the invoice.
    """
    held = invoices.get(books.tryton, invoice)
    check_payment(held, amount)
    number = number_of(KIND, invoice)
    with books.tryton.wizard("account.invoice.pay", model=MODEL, ids=[number]) as pay:
        told = {"amount": amount.amount, "date": on, "description": kept_key(key)}
        pay.go("choice", payment_method=_method(books), **told)
        if pay.screen:
            # Less than is open; where others paid meanwhile and it is more, Tryton refuses that.
            pay.go("pay", type="partial")
    booked = find(books, key)
    if booked is None:
        raise Rejected(f"Tryton booked no payment {key!r} on invoice {held.number}")
    return booked


def _method(books: Books) -> int:
    """Return how it was paid: the company's first method."""
    found = books.tryton.search_read(
        "account.invoice.payment.method",
        [("company", "=", books.company)],
        ["id"],
        limit=1,
        order=[("id", "ASC")],
    )
    if not found:
        raise Rejected("the company has no payment method: make one in Tryton")
    return int(found[0]["id"])
