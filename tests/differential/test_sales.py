"""What is offered and ordered comes to the same cent on the embedded ERP and on Tryton."""

import datetime as dt

import pytest

from tasks.adapters.embedded.company_files import rows
from tasks.billing.contracts import OfferDraftLine, OfferState
from tasks.values import Wanted
from tests.differential.scenarios import amount_of

pytestmark = pytest.mark.timeout(300)  # the first starts a server

#: the last move of an offer's life, and those before it
LIVES = (["send", "order"], ["send", "order"], ["send", "cancel"], ["cancel"], ["order"])


@pytest.fixture
def asked(both, chance):
    """Codes and quantities of a mail."""
    codes = chance.sample(both.codes, chance.randint(1, 6))
    return [(code, amount_of(chance, code, most=20_000)) for code in codes]


@pytest.fixture
def priced(both, chance, asked):
    """What a customer pays for it on a day, if both say the same."""
    code = chance.choice(rows("customers"))["code"]
    on = dt.date(2026, 1, 1) + dt.timedelta(days=chance.randrange(365))

    def price(side):
        wanted = [
            Wanted(product=side.product(code).id, quantity=side.quantity(code, amount))
            for code, amount in asked
        ]
        return side.erp.pricing.prices(side.customer(code).id, wanted, on)

    return code, both.agree(price), price


def test_an_offer_comes_to_the_same(both, chance, scenario, asked, priced):
    customer, prices, price = priced
    seller = chance.choice([None, *(row["name"] for row in rows("people"))])
    key = f"scenario {scenario}"

    def create(side):
        lines = [
            OfferDraftLine(product=p.product, quantity=p.quantity, unit_price=p.unit_price)
            for p in price(side)
        ]
        buyer = side.customer(customer).id
        salesperson = seller and side.person(seller).id
        return side.erp.offers.create(key, buyer, lines, salesperson=salesperson, note="soon")

    offer = both.agree(create)
    for move in chance.choice(LIVES):
        moved = both.agree(lambda side, move=move: getattr(side.erp.offers, move)(_made(side, key)))
    kept = both.agree(lambda side: side.erp.offers.find(key))

    assert [line["unit_price"] for line in offer["lines"]] == [p["unit_price"] for p in prices]
    assert moved in ("Rejected", kept)
    assert {**kept, "state": OfferState.DRAFT} == offer
    if both.plays("stock"):
        codes = [code for code, _ in asked]
        both.agree(lambda side: side.erp.stock.on_hand([side.product(c).id for c in codes]))
        both.agree(lambda side: side.erp.stock.free([side.product(c).id for c in codes]))


def test_the_catalogue_and_the_customers_are_the_same(both):
    both.agree(lambda side: side.erp.products.catalogue(limit=10_000))
    both.agree(lambda side: side.erp.customers.by_name("", limit=1_000))
    both.agree(lambda side: side.erp.people.all())
    both.agree(
        lambda side: [
            side.erp.people.salesperson_of(customer.id)
            for customer in side.erp.customers.by_name("", limit=1_000)
        ]
    )


def _made(side, key):
    return side.erp.offers.find(key).id
