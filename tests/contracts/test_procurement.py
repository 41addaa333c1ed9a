"""Procurement: what is asked of the buyers, until it lies on the shelf."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import ProcurementRequest, ProcurementState
from tasks.values import Quantity
from tests.contracts.workshop import CABLE, DUE

REQUESTED, RECEIVED, CANCELLED = (
    ProcurementState.REQUESTED,
    ProcurementState.RECEIVED,
    ProcurementState.CANCELLED,
)


def test_a_request_keeps_what_it_was_made_of(workshop):
    order = workshop.draft()
    cable = workshop.product(CABLE)
    amount = workshop.quantity(CABLE, "12.5")

    made = workshop.erp.procurement.request("k", cable.id, amount, due=DUE, origin=order.id)

    assert (made.key, made.state, made.product) == ("k", REQUESTED, cable.id)
    assert (made.quantity, made.due, made.origin) == (amount, DUE, order.id)
    assert made == workshop.erp.procurement.get(made.id) == workshop.erp.procurement.find("k")
    assert ProcurementRequest.model_validate_json(made.model_dump_json()) == made


def test_the_same_key_asks_once(workshop):
    first = workshop.request()

    assert workshop.request("SHT-2", "7") == first
    assert workshop.erp.procurement.open_requests() == [first]
    assert workshop.erp.procurement.find("another") is None


@pytest.mark.parametrize("amount", ["0", "-1", "0.55"])
def test_an_amount_that_nobody_sells_is_refused(workshop, amount):
    with pytest.raises(Rejected, match="cannot be bought"):
        workshop.request(CABLE, amount)


def test_another_unit_is_refused(workshop):
    kilograms = Quantity(amount=Decimal(1), unit="kg")

    with pytest.raises(Rejected, match="bought by the m"):
        workshop.erp.procurement.request("k", workshop.product(CABLE).id, kilograms, due=DUE)


def test_what_is_made_here_cannot_be_bought(workshop):
    with pytest.raises(Rejected, match="no supplier"):
        workshop.request("PCP-2", "1")


def test_open_requests_come_the_first_due_first(workshop):
    late = workshop.request(key="late", due=DUE + dt.timedelta(days=1))
    early = workshop.request(key="early", due=DUE - dt.timedelta(days=1))
    steel = workshop.request("SHT-2", "7.25", key="steel")
    for key, end in (("in", "receive"), ("off", "cancel")):
        getattr(workshop.erp.procurement, end)(workshop.request(key=key).id)

    assert workshop.erp.procurement.open_requests() == [early, steel, late]
    assert workshop.erp.procurement.open_requests(late.product) == [early, late]


def test_what_is_received_lies_on_the_shelf_at_the_supplier_s_price(workshop):
    request = workshop.request(CABLE, "100")
    before, worth = workshop.on_hand(CABLE), workshop.worth(CABLE)

    received = workshop.erp.procurement.receive(request.id)

    assert received.state == RECEIVED
    assert workshop.on_hand(CABLE) == before + 100
    assert workshop.worth(CABLE) == worth + 138  # of 1.38 EUR


def test_a_large_quantity_has_the_price_of_its_break(workshop):
    request = workshop.request(CABLE, "500")
    worth = workshop.worth(CABLE)

    workshop.erp.procurement.receive(request.id)

    gained = workshop.worth(CABLE) - worth
    assert abs(gained - 620) < Decimal("0.10")  # of 1.24 EUR; the average has four decimals


def test_received_twice_it_came_once(workshop):
    request = workshop.request(CABLE, "100")
    first = workshop.erp.procurement.receive(request.id)
    on_hand = workshop.on_hand(CABLE)

    assert workshop.erp.procurement.receive(request.id) == first
    assert workshop.on_hand(CABLE) == on_hand


def test_what_is_on_its_way_is_expected_when_it_is_due(workshop):
    before = workshop.forecast(CABLE, DUE)
    request = workshop.request(CABLE, "100")

    assert workshop.forecast(CABLE, DUE) == before + 100
    assert workshop.forecast(CABLE, DUE - dt.timedelta(days=1)) == before
    workshop.erp.procurement.receive(request.id)
    assert workshop.forecast(CABLE, DUE) == before + 100


def test_a_cancelled_request_is_expected_no_longer(workshop):
    before = workshop.forecast(CABLE, DUE)
    request = workshop.request(CABLE, "100")

    assert workshop.erp.procurement.cancel(request.id).state == CANCELLED
    assert workshop.erp.procurement.cancel(request.id).state == CANCELLED
    assert workshop.forecast(CABLE, DUE) == before


@pytest.mark.parametrize(("end", "refused"), [("receive", "cancel"), ("cancel", "receive")])
def test_there_is_no_way_back(workshop, end, refused):
    request = workshop.request()
    ended = getattr(workshop.erp.procurement, end)(request.id)

    with pytest.raises(Rejected, match=f"is {ended.state} and cannot become"):
        getattr(workshop.erp.procurement, refused)(request.id)

    assert workshop.erp.procurement.get(request.id) == ended


def test_ids_that_nothing_has_are_said_back(workshop):
    procurement = workshop.erp.procurement
    metre = Quantity(amount=Decimal(1), unit="m")

    for verb in (procurement.get, procurement.receive, procurement.cancel):
        with pytest.raises(NotFound, match="'procurement_request:999999'"):
            verb("procurement_request:999999")
    with pytest.raises(NotFound, match="'product:999999'"):
        procurement.request("k", "product:999999", metre, due=DUE)
