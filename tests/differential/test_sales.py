"""What is offered and ordered comes to the same cent on the embedded ERP and on Tryton."""

import datetime as dt

import pytest

from tasks.adapters.company.files import rows
from tasks.billing.contracts import OfferDraftLine, OfferState
from tasks.values import Wanted
from tests.differential.scenarios import amount_of

pytestmark = pytest.mark.timeout(300)  # the first starts a server

#: what is done with an offer; the last move may be one that is refused
LIVES = (["send", "order"], ["send", "order"], ["send", "cancel"], ["cancel"], ["order"])
CUSTOMERS = [row["code"] for row in rows("customers")]
SELLERS = [None, *(row["name"] for row in rows("people"))]


@pytest.fixture
def asked(both, chance):
    """The codes and quantities of a mail."""
    codes = chance.sample(both.codes, chance.randint(1, 6))
    return [(code, amount_of(chance, code, most=20_000)) for code in codes]


def prices(side, customer, asked, on):
    wanted = [
        Wanted(product=side.product(code).id, quantity=side.quantity(code, amount))
        for code, amount in asked
    ]
    return side.erp.pricing.prices(side.customer(customer).id, wanted, on)


def test_an_offer_comes_to_the_same(both, chance, scenario, asked):
    customer, seller = chance.choice(CUSTOMERS), chance.choice(SELLERS)
    on = dt.date(2026, 1, 1) + dt.timedelta(days=chance.randrange(365))
    key = f"scenario {scenario}"

    def create(side):
        lines = [
            OfferDraftLine(product=p.product, quantity=p.quantity, unit_price=p.unit_price)
            for p in prices(side, customer, asked, on)
        ]
        buyer = side.customer(customer).id
        salesperson = seller and side.person(seller).id
        return side.erp.offers.create(key, buyer, lines, salesperson=salesperson, note="soon")

    def moved(side, move):
        return getattr(side.erp.offers, move)(side.erp.offers.find(key).id)

    priced = both.agree(lambda side: prices(side, customer, asked, on))
    offer = both.agree(create)
    for move in chance.choice(LIVES):
        outcome = both.agree(lambda side, move=move: moved(side, move))
    kept = both.agree(lambda side: side.erp.offers.find(key))

    assert [line["unit_price"] for line in offer["lines"]] == [p["unit_price"] for p in priced]
    assert outcome in ("Rejected", kept)
    assert {**kept, "state": OfferState.DRAFT} == offer
    if both.plays("stock"):
        codes = [code for code, _ in asked]
        both.agree(lambda side: side.erp.stock.on_hand([side.product(c).id for c in codes]))
        both.agree(lambda side: side.erp.stock.free([side.product(c).id for c in codes]))


def test_the_catalogue_the_customers_and_the_people_are_the_same(both):
    both.agree(lambda side: side.erp.products.catalogue(limit=10_000))
    customers = both.agree(lambda side: side.erp.customers.by_name("", limit=1_000))
    both.agree(lambda side: side.erp.people.all())
    for code in (customer["code"] for customer in customers):
        both.agree(lambda side, code=code: side.erp.people.salesperson_of(side.customer(code).id))
