"""BillOfMaterials: what goes in, one level at a time, and the work it takes."""

from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound
from tasks.values import Quantity


def pcs(amount):
    return Quantity(amount=Decimal(amount), unit="pcs")


def components(workshop, code):
    return workshop.erp.boms.components(workshop.product(code).id)


def test_a_made_product_has_its_parts(workshop):
    lead = components(workshop, "EXL-25")

    assert {part.product: str(part.quantity) for part in lead} == {
        workshop.product("RUB-3X25").id: "25 m",
        workshop.product("CEE-16-3P").id: "1 pcs",
        workshop.product("CEE-16-3C").id: "1 pcs",
    }
    assert [part.scrap_percent for part in lead] == [1, 0, 0]
    assert {part.per for part in lead} == {pcs(1)}


def test_a_bill_may_be_for_several(workshop):
    [rail] = components(workshop, "RAS-300")

    assert (rail.product, rail.per) == (workshop.product("RAM-35").id, pcs(10))
    assert rail.quantity == Quantity(amount=Decimal("3.0"), unit="m")


def test_a_bought_product_has_no_parts_and_no_work(workshop):
    bought = workshop.product("RUB-3X25").id

    assert workshop.erp.boms.components(bought) == []
    assert workshop.erp.boms.operations(bought) == []


def test_a_kit_is_a_phantom_whose_parts_can_be_asked_for(workshop):
    [kit] = [part for part in components(workshop, "PCP-2") if part.phantom]

    inside = workshop.erp.boms.components(kit.product)

    assert kit.quantity == pcs(2)
    assert workshop.product("MK-15-BK").id in {part.product for part in inside}
    assert not any(part.phantom for part in inside)


def test_work_comes_in_the_order_it_is_done(workshop):
    work = workshop.erp.boms.operations(workshop.product("EXL-25").id)

    assert [step.name for step in work] == [
        "Measure and cut the cable",
        "Connect plug and coupler",
        "Test the lead",
    ]
    assert round(work[0].hours_for(pcs(10)) * 60, 3) == 5 + 10 * 3


def test_work_is_done_at_work_centres_that_there_are(workshop):
    centres = {centre.id for centre in workshop.erp.work_centres.work_centres()}
    work = workshop.erp.boms.operations(workshop.product("PCP-2").id)

    assert {step.work_centre for step in work} <= centres


def test_an_id_that_no_product_has_is_said_back(workshop):
    for verb in (workshop.erp.boms.components, workshop.erp.boms.operations):
        with pytest.raises(NotFound, match="'product:999999'"):
            verb("product:999999")
        with pytest.raises(NotFound, match="'kit:999999'"):
            verb("kit:999999")
