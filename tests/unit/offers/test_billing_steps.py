"""Billing's steps, each alone: the customer agreed on, prices exact, the offer verified."""

from decimal import Decimal

import pytest

from orchestrator import Attempt
from tasks.billing.contracts import OfferDraftLine, Price
from tasks.billing.rules import total_of
from tasks.billing.steps import (
    OfferMismatch,
    build_offer,
    calculate_pricing,
    create_offer,
    find_customer,
    verify_offer,
)
from tasks.erp_errors import NotFound
from tasks.quotation import Company, MatchedBy, MatchedLine
from tasks.values import Customer, Money, Person, Product, Quantity
from tests.fakes import TODAY, FakeCustomers, FakeOffers, FakePricing

PUMPS = Customer(
    id="c1", code="C1", name="Virtanen Pumput Oy", emails=("a@pumput.example",), vat="FI11111111"
)
LIFTS = Customer(id="c2", code="C2", name="Salmen Hissit Oy", domains=("group.example",))
CRANES = Customer(id="c3", code="C3", name="Salmen Nosturit Oy", domains=("group.example",))
KNOWN = FakeCustomers([PUMPS, LIFTS, CRANES])

NUT = Product(id="p1", code="N1", name="Nut M8", unit="pcs")
LINES = (
    MatchedLine(
        text="3 nuts", product=NUT, quantity=Quantity(amount=3, unit="pcs"), by=MatchedBy.NAME
    ),
)
PRICES = FakePricing({"p1": Money.of("1.115")})


@pytest.fixture
def attempt():
    return Attempt(run_id="run", step="create_offer", number=1)


@pytest.mark.parametrize(
    ("company", "customer"),
    [
        (Company(email="A@pumput.example"), PUMPS),
        (Company(vat="FI11111111"), PUMPS),
        (Company(names=("Virtanen Pumput Oy",)), PUMPS),
        (Company(names=("VIRTANEN  PUMPUT",)), PUMPS),
        (Company(names=("Virtanen Pumpput Oy",)), PUMPS),
        (Company(email="x@group.example", domain="group.example", names=("Salmen Hissit",)), LIFTS),
    ],
)
def test_a_customer_is_found_by_any_clue(company, customer):
    match = find_customer(company, KNOWN)

    assert (match.customer, match.questions) == (customer, ())


@pytest.mark.parametrize(
    ("company", "words"),
    [
        (Company(email="x@nowhere.example", names=("Nobody Oy",)), "no customer we know"),
        (Company(domain="group.example"), "may be more than one"),
        (Company(email="a@pumput.example", names=("Salmen Hissit Oy",)), "that differ"),
        (Company(vat="FI11111111", domain="group.example"), "that differ"),
        (Company(names=("Salmen Oy",)), "no customer we know"),
    ],
)
def test_a_customer_in_doubt_is_asked_about(company, words):
    match = find_customer(company, KNOWN)

    assert match.customer is None
    [question] = match.questions
    assert words in question


def test_prices_are_exact_and_rounded_once_a_line():
    pricing = calculate_pricing(PUMPS, LINES, PRICES, TODAY)

    assert str(pricing.net) == "3.34 EUR"  # 3 x 1.115 = 3.345, half to even
    assert str(pricing.tax) == "0.85 EUR"  # 25.5 % of 3.345 = 0.852975
    assert str(pricing.total) == "4.19 EUR"


def test_tax_is_rounded_once_for_each_rate():
    def price(amount: str, rate: str) -> Price:
        money = Money.of(amount)
        one = Quantity(amount=Decimal(1), unit="pcs")
        return Price(
            product="p", quantity=one, unit_price=money, list_price=money, tax_rate=Decimal(rate)
        )

    net, tax = total_of([price("0.10", "25.5"), price("0.10", "25.5"), price("1.00", "13.5")])

    assert str(net) == "1.20 EUR"
    assert str(tax) == "0.19 EUR"  # 0.051 and 0.135, each to cents; line by line it were 0.20


def test_tax_is_taken_of_what_lines_come_to_before_they_are_rounded():
    half_cent = Money.of("0.005")
    one = Quantity(amount=Decimal(1), unit="pcs")
    price = Price(
        product="p",
        quantity=one,
        unit_price=half_cent,
        list_price=half_cent,
        tax_rate=Decimal("25.5"),
    )

    net, tax = total_of([price] * 20)

    assert (net, tax) == (Money.of("0.00"), Money.of("0.03"))  # 25.5 % of ten cents


def test_a_product_without_a_price_is_refused():
    with pytest.raises(NotFound, match="p1"):
        calculate_pricing(PUMPS, LINES, FakePricing(), TODAY)


def test_a_draft_carries_prices_names_and_who_answers_for_it():
    seller = Person(id="s1", name="Aino")

    draft = _draft(seller)

    assert (draft.key, draft.customer, draft.salesperson, draft.note) == ("k", "c1", "s1", "Offer")
    assert draft.lines == (
        OfferDraftLine(
            product="p1",
            quantity=LINES[0].quantity,
            unit_price=Money.of("1.115"),
            text="Nut M8",
        ),
    )


def test_an_offer_can_do_without_a_salesperson():
    assert _draft(None).salesperson is None


def test_the_same_mail_makes_one_offer(attempt):
    offers = FakeOffers()

    first = create_offer(_draft(), offers, attempt)
    again = create_offer(_draft(), offers, attempt)

    assert again == first
    assert len(offers.made) == 1
    assert attempt.warnings == [
        f"offer {first.number} was made of this mail before: no second one is"
    ]


def test_a_second_attempt_finds_the_offer_of_the_first_and_says_nothing(attempt):
    offers = FakeOffers()
    first = create_offer(_draft(), offers, attempt)
    retry = Attempt(run_id="run", step="create_offer", number=2)

    assert create_offer(_draft(), offers, retry) == first
    assert retry.warnings == []


def test_an_offer_that_the_erp_kept_as_it_was_made_is_verified(attempt):
    offers = FakeOffers()
    offer = create_offer(_draft(), offers, attempt)

    assert verify_offer(_draft(), offer, offers) == offer


def test_an_offer_that_differs_fails_with_both_values(attempt):
    offers = FakeOffers()
    offer = create_offer(_draft(), offers, attempt)
    offers.made["k"] = offer.model_copy(update={"total": Money.of("9.99")})

    with pytest.raises(OfferMismatch, match=r"total is 9\.99 EUR in the ERP, not 4\.19 EUR"):
        verify_offer(_draft(), offer, offers)


def test_a_line_that_differs_is_named(attempt):
    offers = FakeOffers()
    offer = create_offer(_draft(), offers, attempt)
    line = offer.lines[0].model_copy(update={"quantity": Quantity(amount=30, unit="pcs")})
    offers.made["k"] = offer.model_copy(update={"lines": (line,)})

    with pytest.raises(OfferMismatch, match="quantity of line 1 is 30 pcs in the ERP, not 3 pcs"):
        verify_offer(_draft(), offer, offers)


def test_a_cancelled_offer_is_not_verified(attempt):
    offers = FakeOffers()
    offer = create_offer(_draft(), offers, attempt)
    offers.cancel(offer.id)

    with pytest.raises(OfferMismatch, match="it is cancelled"):
        verify_offer(_draft(), offer, offers)


def _draft(seller=None):
    pricing = calculate_pricing(PUMPS, LINES, PRICES, TODAY)
    return build_offer("k", PUMPS, LINES, pricing, seller, "Offer")
