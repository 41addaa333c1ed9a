"""ProductionOrders: from the plan to the shelf, and the moves the ERP allows."""

import re
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import ProductionOrder, ProductionState
from tasks.scheduling.contracts import OperationState
from tasks.values import Money, Quantity
from tests.contracts.workshop import CABLE, DUE, LEAD, TODAY

DRAFT, RELEASED, RESERVED, RUNNING, DONE, CANCELLED = ProductionState


def planned(workshop, order):
    return {
        workshop.erp.products.get(item.product).code: str(item.planned) for item in order.materials
    }


def test_an_order_keeps_what_it_was_made_of(workshop):
    order = workshop.draft(LEAD, "3")

    assert (order.key, order.state) == ("order", DRAFT)
    assert (order.product, order.quantity) == (workshop.product(LEAD).id, order.good)
    assert (order.start, order.due) == (TODAY, DUE)
    assert order == workshop.erp.production_orders.get(order.id)
    assert order == workshop.erp.production_orders.find("order")
    assert ProductionOrder.model_validate_json(order.model_dump_json()) == order


def test_the_same_key_makes_one_order(workshop):
    first = workshop.draft()

    assert workshop.draft("PCP-2", "7") == first
    assert workshop.draft(key="another").number != first.number
    assert workshop.erp.production_orders.find("a third") is None


def test_materials_have_their_scrap_and_are_rounded_up_to_what_their_unit_allows(workshop):
    assert planned(workshop, workshop.draft(LEAD, "3")) == {
        "RUB-3X25": "75.8 m",  # 75.75
        "CEE-16-3P": "3 pcs",
        "CEE-16-3C": "3 pcs",
    }


def test_a_bill_for_several_is_divided(workshop):
    assert planned(workshop, workshop.draft("BRK-200", "7")) == {
        "SHT-2": "3.77 kg",  # 9.6 × 7/20 × 1.12 = 3.7632
        "PNT-7035": "0.19 kg",  # 0.45 × 7/20 × 1.2 = 0.189
    }


def test_a_kit_s_lines_stand_in_its_place_and_parts_that_are_made_do_not(workshop):
    materials = planned(workshop, workshop.draft("PCP-2", "2"))

    assert materials["MK-15-BK"] == "25.0 m"  # 6.0 × 2 kits × 2 × 1.04 = 24.96
    assert materials["SC-M5X16-A2"] == "49 pcs"  # 12 × 2 kits × 2 × 1.02 = 48.96
    assert materials["MSU-75"] == "4 pcs"
    assert "CO-18-230" not in materials
    assert len(materials) == 7 + 6


@pytest.mark.parametrize("amount", ["0", "-1", "1.5"])
def test_an_amount_that_cannot_be_made_is_refused(workshop, amount):
    with pytest.raises(Rejected, match="cannot be made"):
        workshop.draft(LEAD, amount)
    assert workshop.erp.production_orders.find("order") is None


def test_what_is_bought_is_not_made(workshop):
    with pytest.raises(Rejected, match="no bill of materials"):
        workshop.draft(CABLE, "1")


def test_an_order_is_released_reserved_started_and_finished(workshop):
    orders = workshop.erp.production_orders
    order = workshop.draft(LEAD, "2")

    assert orders.release(order.id).state == RELEASED
    reservation = orders.reserve(order.id)
    assert (reservation.document, reservation.complete) == (order.id, True)
    assert orders.get(order.id).state == RESERVED
    assert orders.start(order.id).state == RUNNING
    workshop.check(order, "1")
    assert orders.finish(order.id).state == DONE
    assert orders.get(order.id).state == DONE


def test_a_move_made_twice_stays(workshop):
    orders = workshop.erp.production_orders
    order = workshop.draft()

    for verb in (orders.release, orders.reserve, orders.start):
        assert verb(order.id) == verb(order.id)
        assert orders.release(order.id).state != DRAFT
    workshop.check(order, "1")
    assert orders.finish(order.id) == orders.finish(order.id)
    assert workshop.on_hand(LEAD) == 12 + 2


def test_what_is_reserved_is_nobody_else_s_until_it_is_given_back(workshop):
    orders = workshop.erp.production_orders
    first = workshop.reserved(LEAD, "20", "first")  # 505 of 590 m
    second = workshop.reserved(LEAD, "4", "second")  # 101 m

    assert first.complete
    [missing] = second.missing
    assert (missing.product, str(missing.quantity)) == (workshop.product(CABLE).id, "16.0 m")
    assert orders.get(second.document).state == RELEASED
    assert orders.unreserve(first.document).state == RELEASED
    assert orders.reserve(second.document).complete
    assert orders.get(second.document).state == RESERVED


def test_a_part_of_it_stays_aside_and_the_rest_is_tried_again(workshop):
    orders = workshop.erp.production_orders
    partly = workshop.reserved(LEAD, "30")  # 757.5 m

    kept = {item.product: item.reserved for item in orders.get(partly.document).materials}
    assert not partly.complete
    assert kept[workshop.product(CABLE).id] == workshop.quantity(CABLE, "590")
    assert {item.product: item.quantity for item in partly.reserved} == kept
    with pytest.raises(Rejected, match="is released and cannot be started"):
        orders.start(partly.document)

    workshop.erp.procurement.receive(workshop.request(CABLE, "200").id)

    assert orders.reserve(partly.document).complete
    assert orders.start(partly.document).state == RUNNING


def test_a_reservation_leaves_the_shelf_as_it_is(workshop):
    workshop.reserved(LEAD, "20")

    assert workshop.on_hand(CABLE) == 590


def test_starting_takes_what_was_reserved_off_the_shelf(workshop):
    order = workshop.running(LEAD, "2")

    assert workshop.on_hand(CABLE) == 590 - Decimal("50.5")
    for item in order.materials:
        assert item.consumed == item.planned
        assert item.reserved.amount == 0


def test_finishing_puts_the_good_ones_on_the_shelf(workshop):
    order = workshop.running(LEAD, "5")
    workshop.scrap(order, "2")
    workshop.check(order, "1")

    finished = workshop.erp.production_orders.finish(order.id)

    assert str(finished.good) == "3 pcs"
    assert workshop.on_hand(LEAD) == 12 + 3


def test_scrap_is_written_down_once_a_key_and_not_more_than_there_is(workshop):
    orders = workshop.erp.production_orders
    order = workshop.running(LEAD, "5")

    scrapped = workshop.scrap(order, "2")

    assert workshop.scrap(order, "3") == scrapped == orders.find("scrap")
    assert [(s.key, str(s.quantity), s.reason) for s in scrapped.scrapped] == [
        ("scrap", "2 pcs", "burnt")
    ]
    with pytest.raises(Rejected, match="only 3 pcs are left"):
        workshop.scrap(order, "4", "more")
    for amount in ("0", "-1", "0.5"):
        with pytest.raises(Rejected, match="cannot be scrapped"):
            workshop.scrap(order, amount, "nonsense")
    assert orders.get(order.id) == scrapped


def test_an_order_of_which_all_is_scrapped_brings_nothing(workshop):
    order = workshop.running(LEAD, "2")
    workshop.scrap(order, "2")
    workshop.check(order, "1")

    assert workshop.erp.production_orders.finish(order.id).state == DONE
    assert workshop.on_hand(LEAD) == 12


def test_a_rework_is_one_more_operation_once_a_key(workshop):
    orders = workshop.erp.production_orders
    order = workshop.running()
    centre = workshop.erp.work_centres.work_centres()[0].id
    mend = {"hours": Decimal("0.75"), "reason": "wires crossed"}

    reworked = orders.rework("mend", order.id, centre, **mend)

    assert orders.rework("mend", order.id, centre, hours=Decimal(9), reason="") == reworked
    assert orders.find("mend") == reworked
    *_, before, last = workshop.erp.work_centres.operations_of(order.id)
    assert (last.state, last.hours) == (OperationState.WAITING, Decimal("0.75"))
    assert (last.work_centre, last.after) == (centre, (before.id,))
    assert "wires crossed" in last.name
    with pytest.raises(Rejected, match="0 hours are no work"):
        orders.rework("none", order.id, centre, hours=Decimal(0), reason="")


def test_work_is_booked_at_the_rate_of_its_day_once_a_key(workshop):
    orders, worker = workshop.erp.production_orders, workshop.worker().id
    order = workshop.running()
    work = {"hours": Decimal("1.25"), "on": TODAY}

    booking = orders.book_work("work", order.id, worker, **work)

    assert booking.cost == Money.of("41.25")  # of 33.00
    assert (booking.order, booking.person, booking.hours) == (order.id, worker, Decimal("1.25"))
    assert orders.book_work("work", order.id, worker, hours=Decimal(9), on=DUE) == booking
    assert orders.find_work("work") == booking
    second = orders.book_work("more", order.id, worker, **work)
    assert orders.work(order.id) == [booking, second]


def test_a_booking_is_taken_back_and_its_key_is_free_again(workshop):
    orders = workshop.erp.production_orders
    order = workshop.running()
    workshop.work(order, "1")
    booking = orders.find_work("work")

    orders.unbook_work(booking.id)
    orders.unbook_work(booking.id)

    assert orders.find_work("work") is None
    assert orders.work(order.id) == []
    workshop.work(order, "2")
    assert orders.find_work("work").id != booking.id


def test_what_a_key_did_is_answered_when_the_order_has_gone_on(workshop):
    orders = workshop.erp.production_orders
    order = workshop.running(LEAD, "2")
    centre = workshop.erp.work_centres.work_centres()[0].id
    workshop.scrap(order, "1")
    orders.rework("mend", order.id, centre, hours=Decimal(1), reason="")
    workshop.work(order, "1")
    booking = orders.find_work("work")
    check = workshop.check(order, "1")
    done = orders.finish(order.id)

    assert workshop.scrap(order, "1") == done
    assert orders.rework("mend", order.id, centre, hours=Decimal(1), reason="") == done
    assert orders.book_work("work", order.id, booking.person, hours=Decimal(1), on=TODAY) == booking
    assert workshop.erp.quality.open("check", order.id, check.plan) == check
    assert workshop.draft(LEAD, "2") == done


@pytest.mark.parametrize("hours", ["0", "-1"])
def test_no_hours_are_no_work(workshop, hours):
    with pytest.raises(Rejected, match="are no work"):
        workshop.work(workshop.running(), hours)


def test_work_on_a_done_order_stays(workshop):
    order = workshop.done()
    [booking] = workshop.erp.production_orders.work(order.id)

    with pytest.raises(Rejected, match="is done"):
        workshop.erp.production_orders.unbook_work(booking.id)
    with pytest.raises(Rejected, match="is done and cannot be worked on"):
        workshop.work(order, "1", "late")


@pytest.mark.parametrize("upto", ["draft", "released", "reserved", "running"])
def test_an_order_is_cancelled_and_gives_everything_back(workshop, upto):
    getattr(workshop, upto)(LEAD, "20")
    order = workshop.erp.production_orders.find("order")

    cancelled = workshop.erp.production_orders.cancel(order.id)

    assert cancelled.state == CANCELLED
    assert {item.consumed.amount + item.reserved.amount for item in cancelled.materials} == {0}
    assert workshop.on_hand(CABLE) == 590
    assert workshop.reserved(LEAD, "23", "all of it").complete
    assert workshop.erp.production_orders.cancel(order.id) == cancelled


def test_an_order_with_work_on_it_is_not_cancelled_until_it_is_taken_back(workshop):
    orders = workshop.erp.production_orders
    order = workshop.running()
    workshop.work(order, "1")

    with pytest.raises(Rejected, match="work is booked on production order"):
        orders.cancel(order.id)
    assert orders.get(order.id).state == RUNNING
    orders.unbook_work(orders.find_work("work").id)

    assert orders.cancel(order.id).state == CANCELLED


def test_what_is_scrapped_cannot_be_given_back(workshop):
    order = workshop.running()
    workshop.scrap(order, "1")

    with pytest.raises(Rejected, match="are scrapped and cannot be given back"):
        workshop.erp.production_orders.cancel(order.id)


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("draft", {"reserve", "start", "finish", "scrap", "rework", "book_work"}),
        ("released", {"start", "finish", "scrap", "rework", "book_work"}),
        ("reserved", {"finish", "scrap", "rework", "book_work"}),
        ("running", {"reserve", "unreserve"}),
        ("done", {"reserve", "unreserve", "start", "cancel", "scrap", "rework", "book_work"}),
        (
            "cancelled",
            {"release", "reserve", "unreserve", "start", "finish", "scrap", "rework", "book_work"},
        ),
    ],
)
def test_other_moves_are_refused_and_change_nothing(workshop, state, refused):
    orders = workshop.erp.production_orders
    getattr(workshop, "draft" if state == "cancelled" else state)()
    order = orders.find("order")
    if state == "cancelled":
        orders.cancel(order.id)
    before = orders.get(order.id)
    one, hour = workshop.quantity(LEAD, "1"), Decimal(1)
    centre = workshop.erp.work_centres.work_centres()[0].id
    verbs = {
        "scrap": lambda: orders.scrap("s", order.id, one, reason=""),
        "rework": lambda: orders.rework("r", order.id, centre, hours=hour, reason=""),
        "book_work": lambda: orders.book_work(
            "w", order.id, workshop.worker().id, hours=hour, on=TODAY
        ),
    }

    for name in sorted(refused):
        with pytest.raises(Rejected, match=f"{re.escape(before.number)} is {state} and cannot be"):
            verbs.get(name, lambda verb=name: getattr(orders, verb)(order.id))()

    assert orders.get(order.id) == before


def test_what_will_come_and_go_is_forecast(workshop):
    before = workshop.forecast(LEAD, DUE), workshop.forecast(CABLE, DUE)
    order = workshop.draft(LEAD, "2")
    planned_ = workshop.forecast(LEAD, DUE), workshop.forecast(CABLE, DUE)

    workshop.erp.production_orders.cancel(order.id)

    assert planned_ == (before[0] + 2, before[1] - Decimal("50.5"))
    assert (workshop.forecast(LEAD, DUE), workshop.forecast(CABLE, DUE)) == before


def test_materials_go_when_the_order_begins_and_goods_come_when_it_is_due(workshop):
    on_hand = workshop.forecast(CABLE, TODAY)
    order = workshop.released(LEAD, "5")

    assert workshop.forecast(LEAD, TODAY) == 12
    assert workshop.forecast(CABLE, TODAY) == on_hand - Decimal("126.3")
    workshop.erp.production_orders.reserve(order.id)
    assert workshop.forecast(CABLE, TODAY) == on_hand - Decimal("126.3")
    workshop.erp.production_orders.start(order.id)
    assert workshop.forecast(CABLE, TODAY) == on_hand - Decimal("126.3")
    workshop.scrap(order, "1")
    assert workshop.forecast(LEAD, DUE) == 12 + 4


def test_ids_that_nothing_has_are_said_back(workshop):
    orders, nobody = workshop.erp.production_orders, "production_order:999999"
    one, hour = Quantity(amount=Decimal(1), unit="pcs"), Decimal(1)
    worker = workshop.worker().id
    running = workshop.running().id
    centre = workshop.erp.work_centres.work_centres()[0].id

    for verb in (
        orders.get, orders.release, orders.reserve, orders.unreserve,
        orders.start, orders.work, orders.finish, orders.cancel,
    ):  # fmt: skip
        with pytest.raises(NotFound, match=f"'{nobody}'"):
            verb(nobody)
    with pytest.raises(NotFound, match=f"'{nobody}'"):
        orders.scrap("k", nobody, one, reason="")
    with pytest.raises(NotFound, match=f"'{nobody}'"):
        orders.rework("k", nobody, centre, hours=hour, reason="")
    with pytest.raises(NotFound, match="'work_centre:999999'"):
        orders.rework("k", running, "work_centre:999999", hours=hour, reason="")
    with pytest.raises(NotFound, match=f"'{nobody}'"):
        orders.book_work("k", nobody, worker, hours=hour, on=TODAY)
    with pytest.raises(NotFound, match="'person:999999'"):
        orders.book_work("k", running, "person:999999", hours=hour, on=TODAY)
    with pytest.raises(NotFound, match="'work:999999'"):
        orders.unbook_work("work:999999")
    with pytest.raises(NotFound, match="'product:999999'"):
        orders.create("k", "product:999999", one, due=DUE)
