"""What is ordered, put aside, sent and bought leaves the same shelves and the same costs."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.accounting import balance, is_balanced
from tasks.adapters.company.files import rows
from tasks.billing.contracts import OfferDraftLine
from tasks.values import Money
from tests.differential.scenarios import amount_of

pytestmark = pytest.mark.timeout(300)  # the first starts a server

TODAY = dt.datetime.now(dt.UTC).date()
#: what suppliers have prices for; of each there are a few hundred
BOUGHT = sorted({row["product"] for row in rows("supplier_prices")})
MOVES = ("reserve", "reserve", "release", "ship", "ship")
ENDS = ("receive", "receive", "cancel")


@pytest.fixture
def codes(chance):
    return chance.sample(BOUGHT, 3)


@pytest.fixture
def order(both, chance, scenario, codes):
    """`order(n)`: the delivery of an ordered offer on both sides, by its key."""

    def place(n):
        key = f"order {scenario}-{n}"
        # One product may stand on several lines.
        asked = [(code, amount_of(chance, code, most=400)) for code in chance.choices(codes, k=2)]
        both.agree(lambda side: _order(side, key, asked))
        return key

    return place


@pytest.fixture
def request_of(both, chance, scenario, codes):
    """`request_of(n)`: the key of a request on both sides."""

    def ask(n):
        key, code = f"request {scenario}-{n}", chance.choice(codes)
        amount = amount_of(chance, code, most=900)
        due = TODAY + dt.timedelta(days=chance.randrange(60))
        both.agree(
            lambda side: side.erp.procurement.request(
                key, side.product(code).id, side.quantity(code, amount), due=due
            )
        )
        return key

    return ask


def test_what_moves_leaves_the_same_shelves_and_costs(both, chance, codes, order, request_of):
    orders = [order(n) for n in range(chance.randint(1, 3))]
    requests = [request_of(n) for n in range(chance.randint(1, 2))]

    for _ in range(chance.randint(3, 9)):
        if chance.random() < 0.7:
            move, key = chance.choice(MOVES), chance.choice(orders)
            both.agree(lambda side, m=move, k=key: getattr(side.erp.stock_moves, m)(_sent(side, k)))
        else:
            end, key = chance.choice(ENDS), chance.choice(requests)
            both.agree(lambda side, e=end, k=key: getattr(side.erp.procurement, e)(_asked(side, k)))

    both.agree(lambda side: _shelves(side, codes))
    both.agree(lambda side: [_costs(side, key) for key in orders])
    both.agree(lambda side: side.erp.procurement.open_requests())


def test_an_amount_that_no_unit_has_is_refused_by_both(both, chance, scenario, codes):
    code = codes[0]
    wrong = chance.choice([Decimal(0), Decimal(-1), Decimal("0.0001")])

    refused = both.agree(
        lambda side: side.erp.procurement.request(
            f"wrong {scenario}", side.product(code).id, side.quantity(code, wrong), due=TODAY
        )
    )

    assert refused == "Rejected"


def _order(side, key, asked):
    lines = [
        OfferDraftLine(
            product=side.product(code).id,
            quantity=side.quantity(code, amount),
            unit_price=Money.of("1.00"),
        )
        for code, amount in asked
    ]
    offer = side.erp.offers.create(key, side.customer("C1001").id, lines)
    side.codes_of[offer.id] = key
    side.erp.offers.order(side.erp.offers.send(offer.id).id)
    deliveries = side.erp.stock_moves.deliveries(offer.id)
    side.codes_of.update({delivery.id: f"delivery of {key}" for delivery in deliveries})
    return deliveries


def _sent(side, key):
    return next(i for i, said in side.codes_of.items() if said == f"delivery of {key}")


def _asked(side, key):
    return side.erp.procurement.find(key).id


def _shelves(side, codes):
    ids = [side.product(code).id for code in codes]
    moves = side.erp.stock_moves
    days = [TODAY + dt.timedelta(days=days) for days in (-1, 0, 10, 30, 90)]
    return [
        side.erp.stock.on_hand(ids),
        side.erp.stock.free(ids),
        moves.worth(ids),
        *(moves.forecast(ids, day) for day in days),
    ]


def _costs(side, key):
    """Return what a delivery did to the accounts; an account of nothing says nothing."""
    postings = side.erp.stock_moves.postings(_sent(side, key))
    assert is_balanced(postings)
    return {posting.kind: balance(postings, posting.kind) for posting in postings}
