"""What is invoiced, paid and credited comes to the same cent, and does the same to the books."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.accounting import balance, is_balanced
from tasks.adapters.company.files import rows
from tasks.billing.contracts import InvoiceDraftLine
from tasks.values import Money, Quantity
from tests.differential.scenarios import amount_of

pytestmark = pytest.mark.timeout(300)  # the first starts a server

TODAY = dt.datetime.now(dt.UTC).date()
RATES = {row["code"]: row["rate"] for row in rows("taxes")}
TAXES = {row["code"]: RATES[row["tax"]] for row in rows("products")}
MOVES = ("pay a part", "pay the rest", "pay too much", "credit", "cancel", "post", "remind")


@pytest.fixture
def charged(both, chance):
    """What an invoice charges for: goods by their codes, work by the hour."""

    def line():
        price = Decimal(chance.randrange(10 ** chance.randint(2, 7))) / 10_000
        if chance.random() < 0.5:
            code = chance.choice(both.codes)
            return code, amount_of(chance, code, most=2_000), price, TAXES[code]
        hours = Decimal(chance.randint(1, 9_999)) / 100
        return "", hours, price, chance.choice([*RATES.values(), Decimal(0)])

    return [line() for _ in range(chance.randint(1, 7))]


def test_an_invoice_comes_to_the_same(both, chance, scenario, charged):
    key, customer = f"invoice {scenario}", chance.choice(rows("customers"))["code"]
    drafted = both.agree(lambda side: _draft(side, key, customer, charged))
    posted = both.agree(lambda side: _post(side, key))

    for turn in range(chance.randint(1, 4)):
        move, share = chance.choice(MOVES), Decimal(chance.randint(1, 99)) / 100
        both.agree(lambda side, m=move, t=turn, s=share: _move(side, key, m, f"{key} {t}", s))
        both.agree(lambda side: side.erp.receivables.find(key))
        both.agree(lambda side, t=turn: side.erp.receivables.find(f"{key} {t}"))

    assert (posted["net"], posted["total"]) == (drafted["net"], drafted["total"])
    both.agree(lambda side: _booked(side, key))
    both.agree(lambda side: side.erp.receivables.open_items(TODAY))


def _draft(side, key, customer, charged):
    lines = [
        InvoiceDraftLine(
            text=code or "Advice",
            quantity=side.quantity(code, amount) if code else Quantity(amount=amount, unit="h"),
            unit_price=Money.of(price),
            tax_rate=rate,
            product=side.product(code).id if code else None,
        )
        for code, amount, price, rate in charged
    ]
    return _known(
        side, side.erp.receivables.draft(key, side.customer(customer).id, lines, on=TODAY)
    )


def _post(side, key):
    books = side.erp.receivables
    return _known(side, books.post(books.find(key).id, TODAY))


def _move(side, key, move, own, share):
    books = side.erp.receivables
    invoice = books.find(key)
    owed = invoice.open.amount
    match move:
        case "pay a part":
            return _pay(side, own, invoice, (owed * share).quantize(Decimal("0.01")))
        case "pay the rest":
            return _pay(side, own, invoice, owed)
        case "pay too much":
            return _pay(side, own, invoice, owed + Decimal("0.01"))
        case "credit":
            return _known(side, books.credit(own, invoice.id, TODAY))
        case "remind":
            return books.remind(own, invoice.id, TODAY + dt.timedelta(days=30))
        case _:
            return getattr(books, move)(invoice.id, *([TODAY] if move == "post" else []))


def _pay(side, key, invoice, amount):
    return side.erp.receivables.pay(key, invoice.id, Money.of(amount), on=TODAY)


def _booked(side, key):
    """Return what an invoice did to the accounts, its payments included."""
    books = side.erp.receivables
    postings = books.postings(books.find(key).id)
    assert is_balanced(postings)
    return {posting.kind: balance(postings, posting.kind) for posting in postings}


def _known(side, invoice):
    side.codes_of[invoice.id] = invoice.key
    return invoice
