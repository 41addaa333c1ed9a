"""OfferRepository: one offer a key, its totals, and the moves the ERP allows."""

import pytest

from tasks.billing.contracts import Offer, OfferState
from tasks.erp_errors import NotFound, Rejected
from tasks.values import Money


@pytest.fixture
def draft(erp, customer, line):
    return erp.offers.create("mail-1", customer.id, [line("HB-M8X40-A2", "250", "0.3774")])


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


def test_another_key_makes_another_offer_with_the_next_number(erp, customer, line, draft):
    other = erp.offers.create("mail-2", customer.id, [line()])

    year = draft.date.year
    assert (draft.number, other.number) == (f"OFF-{year}-00001", f"OFF-{year}-00002")


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


def test_an_offer_without_lines_is_refused_and_leaves_nothing(erp, customer, line):
    with pytest.raises(Rejected, match="without lines"):
        erp.offers.create("mail-1", customer.id, [])

    assert erp.offers.find("mail-1") is None
    assert erp.offers.create("mail-2", customer.id, [line()]).number.endswith("-00001")


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

    with pytest.raises(Rejected, match=f"{draft.number} is {before.state} and cannot become"):
        getattr(erp.offers, refused)(draft.id)

    assert erp.offers.get(draft.id) == before
