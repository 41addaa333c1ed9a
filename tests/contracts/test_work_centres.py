"""WorkCentreSchedule: the plan of the shop floor."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.scheduling.contracts import OperationState
from tests.contracts.workshop import DUE

MONDAY = dt.datetime(2026, 12, 7, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def states(workshop, order):
    return [one.state for one in workshop.erp.work_centres.operations_of(order.id)]


def test_work_centres_come_by_name_with_the_length_of_their_day(workshop):
    centres = workshop.erp.work_centres.work_centres()

    names = [centre.name for centre in centres]
    assert names == sorted(names)
    assert {centre.name: centre.hours_a_day for centre in centres}["Wiring benches"] == 8.5


def test_a_work_centre_says_when_it_is_open_and_how_much_it_does_at_once(workshop):
    centres = {centre.name: centre for centre in workshop.erp.work_centres.work_centres()}

    benches, coating = centres["Wiring benches"], centres["Powder coating"]
    assert (benches.places, benches.days, benches.opens) == (3, (1, 2, 3, 4, 5), dt.time(7))
    assert (coating.places, coating.days, coating.opens) == (1, (1, 3, 5), dt.time(8))
    assert benches.zone == "Europe/Helsinki"


def test_a_released_order_has_the_work_of_its_bill_one_after_the_other(workshop):
    order = workshop.released("EXL-25", "10")

    cut, connect, test = workshop.erp.work_centres.operations_of(order.id)

    bill = workshop.erp.boms.operations(order.product)
    assert [one.name for one in (cut, connect, test)] == [step.name for step in bill]
    assert [one.work_centre for one in (cut, connect, test)] == [s.work_centre for s in bill]
    for one, step in zip((cut, connect, test), bill, strict=True):
        assert abs(one.hours - step.hours_for(order.quantity)) <= Decimal("0.01")
        assert (one.state, one.start, one.due) == (OperationState.WAITING, None, DUE)
    assert [one.after for one in (cut, connect, test)] == [(), (cut.id,), (connect.id,)]


def test_a_draft_has_no_operations_yet(workshop):
    order = workshop.draft()

    assert workshop.erp.work_centres.operations_of(order.id) == []
    assert workshop.erp.work_centres.operations(DUE) == []


def test_released_twice_it_has_them_once(workshop):
    order = workshop.released()

    workshop.erp.production_orders.release(order.id)

    assert len(workshop.erp.work_centres.operations_of(order.id)) == 3


def test_what_is_due_comes_order_by_order_the_first_due_first(workshop):
    orders = workshop.erp.production_orders
    product = workshop.product("EXL-25").id
    one = workshop.quantity("EXL-25", "1")
    late = orders.create("late", product, one, due=DUE + dt.timedelta(days=1))
    early = orders.create("early", product, one, due=DUE - dt.timedelta(days=1))
    for order in (late, early):
        orders.release(order.id)

    on_the_day = workshop.erp.work_centres.operations(DUE + dt.timedelta(days=1))

    assert [one.order for one in on_the_day] == [early.id] * 3 + [late.id] * 3
    assert {one.order for one in workshop.erp.work_centres.operations(DUE)} == {early.id}


def test_an_operation_is_placed_at_a_time_and_taken_off_again(workshop):
    order = workshop.released()
    schedule = workshop.erp.work_centres
    operation = schedule.operations_of(order.id)[0]

    placed = schedule.place(operation.id, MONDAY)

    assert placed.start == MONDAY
    assert schedule.operations_of(order.id)[0] == placed == schedule.place(operation.id, MONDAY)
    assert schedule.unplace(operation.id) == operation == schedule.unplace(operation.id)


def test_two_may_be_placed_upon_each_other(workshop):
    order = workshop.released()
    schedule = workshop.erp.work_centres

    placed = [schedule.place(one.id, MONDAY) for one in schedule.operations_of(order.id)]

    assert {one.start for one in placed} == {MONDAY}


def test_a_time_without_a_zone_is_refused(workshop):
    order = workshop.released()
    operation = workshop.erp.work_centres.operations_of(order.id)[0]

    with pytest.raises(Rejected, match="no time zone"):
        workshop.erp.work_centres.place(operation.id, MONDAY.replace(tzinfo=None))


def test_done_work_is_not_planned_any_more(workshop):
    order = workshop.running()
    operation = workshop.erp.work_centres.operations_of(order.id)[0]
    workshop.check(order, "1")
    workshop.erp.production_orders.finish(order.id)

    assert states(workshop, order) == [OperationState.DONE] * 3
    assert workshop.erp.work_centres.operations(DUE) == []
    with pytest.raises(Rejected, match="is done"):
        workshop.erp.work_centres.place(operation.id, MONDAY)
    with pytest.raises(Rejected, match="is done"):
        workshop.erp.work_centres.unplace(operation.id)


def test_a_cancelled_order_leaves_the_plan(workshop):
    order = workshop.released()
    operation = workshop.erp.work_centres.operations_of(order.id)[0]
    workshop.erp.work_centres.place(operation.id, MONDAY)

    workshop.erp.production_orders.cancel(order.id)

    assert states(workshop, order) == [OperationState.CANCELLED] * 3
    assert workshop.erp.work_centres.unplace(operation.id).start is None
    with pytest.raises(Rejected, match="is cancelled"):
        workshop.erp.work_centres.place(operation.id, MONDAY)


def test_ids_that_nothing_has_are_said_back(workshop):
    schedule = workshop.erp.work_centres

    with pytest.raises(NotFound, match="'production_order:999999'"):
        schedule.operations_of("production_order:999999")
    with pytest.raises(NotFound, match="'operation:999999'"):
        schedule.place("operation:999999", MONDAY)
    with pytest.raises(NotFound, match="'operation:999999'"):
        schedule.unplace("operation:999999")
