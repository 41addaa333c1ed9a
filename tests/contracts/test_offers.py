"""OfferRepository: one offer a key, its totals, and the moves the ERP allows."""

import re
from decimal import Decimal

import pytest

from tasks.billing.contracts import Offer, OfferDraftLine, OfferState
from tasks.erp_errors import NotFound, Rejected
from tasks.values import Money, Quantity


@pytest.fixture
def draft(erp, customer, line):
    return erp.offers.create("mail-1", customer.id, [line("HB-M8X40-A2", "250", "0.3774")])


@pytest.fixture
def buyer(real_erp):
    """A customer of an ERP that is not a fake."""
    return real_erp.customers.by_name("Lahden Konepaja Oy")[0].id


@pytest.fixture
def line_of(real_erp):
    """`line_of(code, …)`: a line of one, in whatever way it may be wrong."""

    def make(code="HB-M8X40-A2", amount="1", unit=None, price="1.00", currency="EUR", product=None):
        known = real_erp.products.by_codes([code])[code]
        return OfferDraftLine(
            product=product or known.id,
            quantity=Quantity(amount=Decimal(amount), unit=unit or known.unit),
            unit_price=Money.of(price, currency),
        )

    return make


def test_an_offer_keeps_what_it_was_made_of(erp, customer, line):
    seller = erp.people.salesperson_of(customer.id).id

    offer = erp.offers.create("mail-1", customer.id, [line()], salesperson=seller, note="soon")

    assert (offer.reference, offer.customer, offer.salesperson) == ("mail-1", customer.id, seller)
    assert (offer.state, offer.note) == (OfferState.DRAFT, "soon")


def test_an_offer_is_read_back_as_it_was_made(erp, draft):
    assert erp.offers.get(draft.id) == draft
    assert erp.offers.find("mail-1") == draft


def test_an_offer_travels_as_json_and_stays_exact(draft):
    assert Offer.model_validate_json(draft.model_dump_json()) == draft


def test_the_same_key_makes_one_offer(erp, customer, line, draft):
    again = erp.offers.create("mail-1", customer.id, [line("LT8-1200-40", "7", "9.00")])

    assert again == draft


def test_another_key_makes_another_offer_with_a_number_of_its_own(erp, customer, line, draft):
    other = erp.offers.create("mail-2", customer.id, [line()])

    assert other.id != draft.id
    assert draft.number
    assert other.number not in ("", draft.number)


def test_the_embedded_erp_numbers_its_offers_year_by_year(embedded, offer_of):
    numbers = [offer_of("CAT6-UTP", amount).number for amount in "123"]

    year = offer_of("CAT6-UTP", "1").date.year
    assert numbers == [f"OFF-{year}-{number:05}" for number in (1, 2, 3)]


def test_a_key_nobody_used_finds_nothing(erp):
    assert erp.offers.find("mail-1") is None


def test_a_line_is_rounded_and_its_tax_added(draft):
    assert draft.lines[0].amount == draft.net == Money.of("94.35")
    assert draft.tax == Money.of("24.06")  # 25.5 % of 94.35 is 24.05925
    assert draft.total == Money.of("118.41")


def test_a_line_without_text_has_the_product_name_or_code(erp, customer, line):
    own = line().model_copy(update={"text": "as drawn"})

    offer = erp.offers.create("mail-1", customer.id, [line(), own])

    assert offer.lines[0].text
    assert offer.lines[1].text == "as drawn"


def test_an_offer_without_lines_is_refused_and_leaves_nothing(erp, customer):
    with pytest.raises(Rejected, match="without lines"):
        erp.offers.create("mail-1", customer.id, [])

    assert erp.offers.find("mail-1") is None


def test_the_embedded_erp_wastes_no_number_on_a_refusal(embedded, offer_of):
    bolt = offer_of("HB-M8X40-A2", "1")
    with pytest.raises(Rejected):
        offer_of("HB-M8X40-A2", "0.5")

    assert int(offer_of("HB-M8X40-A2", "2").number[-5:]) == int(bolt.number[-5:]) + 1


def test_an_id_that_no_offer_has_is_said_back(erp):
    for verb in (erp.offers.get, erp.offers.send, erp.offers.order, erp.offers.cancel):
        with pytest.raises(NotFound, match="'offer:999999'"):
            verb("offer:999999")


def test_an_offer_is_sent_then_ordered(erp, draft):
    assert erp.offers.send(draft.id).state == OfferState.SENT
    assert erp.offers.order(draft.id).state == OfferState.ORDERED
    assert erp.offers.get(draft.id).state == OfferState.ORDERED


def test_a_move_made_twice_stays(erp, draft):
    for verb in (erp.offers.send, erp.offers.order):
        assert verb(draft.id) == verb(draft.id)


def test_a_draft_and_a_sent_offer_can_be_cancelled(erp, customer, line, draft):
    sent = erp.offers.send(erp.offers.create("mail-2", customer.id, [line()]).id)

    assert erp.offers.cancel(draft.id).state == OfferState.CANCELLED
    assert erp.offers.cancel(sent.id).state == OfferState.CANCELLED
    assert erp.offers.cancel(sent.id).state == OfferState.CANCELLED


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ([], "order"),
        (["cancel"], "send"),
        (["cancel"], "order"),
        (["send", "order"], "send"),
        (["send", "order"], "cancel"),
    ],
)
def test_other_moves_are_refused_and_change_nothing(erp, draft, moves, refused):
    for move in moves:
        getattr(erp.offers, move)(draft.id)
    before = erp.offers.get(draft.id)

    said = f"{before.number} is {before.state} and cannot become"
    with pytest.raises(Rejected, match=re.escape(said)):
        getattr(erp.offers, refused)(draft.id)

    assert erp.offers.get(draft.id) == before


@pytest.mark.parametrize("key", ["<a.b@c.example>", "50 %_a", "ä/ö\\n", "k" * 900, "two\nlines"])
def test_any_key_finds_its_offer_and_no_other(erp, customer, line, key):
    offer = erp.offers.create(key, customer.id, [line()])

    assert offer.reference == key
    assert erp.offers.find(key) == offer
    assert erp.offers.find(key.upper()) is None
    assert erp.offers.create(key, customer.id, [line()]) == offer


def test_whoever_sells_is_kept_whatever_becomes_of_the_offer(real_erp, buyer, line_of):
    seller = real_erp.people.all()[-1].id

    for key, salesperson in (("with", seller), ("without", None)):
        offer = real_erp.offers.create(key, buyer, [line_of()], salesperson=salesperson)
        real_erp.offers.send(offer.id)

        assert real_erp.offers.order(offer.id).salesperson == salesperson


@pytest.mark.parametrize(
    "unknown",
    [
        {"customer": "customer:999999"},
        {"salesperson": "person:999999"},
        {"product": "product:999999"},
    ],
)
def test_what_nobody_knows_is_on_no_offer(real_erp, buyer, line_of, unknown):
    wrong = line_of(product=unknown.get("product"))

    [said] = unknown.values()
    with pytest.raises(NotFound, match=repr(said)):
        real_erp.offers.create(
            "mail-1",
            unknown.get("customer") or buyer,
            [wrong],
            salesperson=unknown.get("salesperson"),
        )

    assert real_erp.offers.find("mail-1") is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"amount": "0.5"}, "at most 0 decimals"),
        ({"amount": "0"}, "more than nothing"),
        ({"unit": "box"}, "sold by the pcs, not by the 'box'"),
        ({"price": "0.00001"}, "at most 4 decimals"),
        ({"price": "-1"}, "no unit price of 'HB-M8X40-A2'"),
        ({"currency": "SEK"}, "this ERP sells in EUR"),
    ],
)
def test_a_line_that_cannot_be_sold_is_refused_and_leaves_nothing(
    real_erp, buyer, line_of, wrong, sentence
):
    with pytest.raises(Rejected, match=sentence):
        real_erp.offers.create("mail-1", buyer, [line_of(), line_of(**wrong)])

    assert real_erp.offers.find("mail-1") is None


def test_tax_is_taken_of_what_lines_come_to_before_they_are_rounded(erp, customer, line):
    offer = erp.offers.create("mail-1", customer.id, [line(price="0.005")] * 20)

    assert (offer.net, offer.tax) == (Money.of("0.00"), Money.of("0.03"))  # of ten cents


def test_taxes_are_rounded_once_a_rate(real_erp, buyer, line_of):
    bolts = [line_of(price="0.10")] * 3
    coffee = line_of("COFFEE-500", price="10.00")

    offer = real_erp.offers.create("mail-1", buyer, [*bolts, coffee])

    assert [line.tax_rate for line in offer.lines] == [Decimal("25.5")] * 3 + [Decimal("13.5")]
    assert (offer.net, offer.tax) == (Money.of("10.30"), Money.of("1.43"))  # 0.0765 and 1.35
