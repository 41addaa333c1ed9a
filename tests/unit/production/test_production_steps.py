"""An order on its way to the shelf and back: what each step makes, and what undoes it."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import ProductionState as S
from tasks.inventory.production_steps import (
    MaterialsMissing,
    cancel_production_order,
    complete_reservation,
    create_production_order,
    finish_production,
    release_production_order,
    reserve_materials,
    start_production,
    unreserve_materials,
)
from tasks.inventory.quality_steps import open_checks, withdraw_checks
from tasks.scheduling.production_steps import (
    find_person,
    find_work_centre,
    place_operations,
    price_labour,
    unplace_operations,
)
from tasks.shop_floor import LabourReport
from tests.unit.production.recipes import quantity
from tests.unit.production.shop import (
    DUE,
    PEOPLE,
    TODAY,
    attempt,
    full_workshop,
    order,
    running,
    workshop,
)

MONDAY = dt.datetime(2026, 11, 23, 6, 30, 12, tzinfo=dt.UTC)


def create(shop, number=1):
    made = attempt(number=number)
    return create_production_order(
        "k", "panel", quantity("2"), DUE, shop.orders, made, TODAY
    ), made.warnings


def test_one_key_makes_one_order_and_a_second_run_is_told():
    shop = full_workshop()

    first, silence = create(shop)
    again, of_another_run = create(shop)
    repeated, of_this_run = create(shop, number=2)

    assert first == again == repeated
    assert (silence, of_this_run) == ([], [])
    assert of_another_run == ["order MO-1 was made with this key before: no second one is"]


def test_what_is_missing_is_told_and_what_is_there_is_kept():
    shop = workshop(starter="1", rail="10", box="10")
    made = release_production_order(order(shop).id, shop.orders)

    found = reserve_materials(made.id, shop.orders)

    assert [(one.product, str(one.quantity)) for one in found.missing] == [("starter", "1 pcs")]
    with pytest.raises(MaterialsMissing, match="order MO-1 lacks 1 pcs of STARTER"):
        complete_reservation(made.id, shop.orders, shop.products)
    shop.stock.shelf["starter"] += 1
    assert complete_reservation(made.id, shop.orders, shop.products).complete


def test_everything_before_the_finish_is_undone_to_where_it_began():
    shop = full_workshop()
    before = dict(shop.stock.shelf)
    made = order(shop)
    release_production_order(made.id, shop.orders)
    reserve_materials(made.id, shop.orders)
    place_operations(made.id, shop.schedule, attempt(), now=MONDAY)
    open_checks(made.id, shop.quality, shop.orders, attempt())
    start_production(made.id, shop.orders)

    withdraw_checks(made.id, shop.quality)
    unplace_operations(made.id, shop.schedule)
    unreserve_materials(made.id, shop.orders)
    cancelled = cancel_production_order(made.id, shop.orders)

    assert cancelled.state is S.CANCELLED
    assert shop.stock.shelf == before
    assert set(shop.stock.promised.values()) == {Decimal(0)}
    assert all(one.start is None for one in shop.schedule.operations_of(made.id))
    assert {one.state for one in shop.quality.of(made.id)} == {"withdrawn"}


def test_undoing_twice_is_undoing_once():
    shop = full_workshop()
    made = order(shop)
    release_production_order(made.id, shop.orders)
    reserve_materials(made.id, shop.orders)

    for _ in range(2):
        unplace_operations(made.id, shop.schedule)
        withdraw_checks(made.id, shop.quality)
        cancel_production_order(made.id, shop.orders)

    assert set(shop.stock.promised.values()) == {Decimal(0)}


def test_a_closed_gate_holds_the_order():
    shop = full_workshop()
    made = running(shop)

    with pytest.raises(Rejected, match="missing, open or failed"):
        finish_production(made.id, shop.orders, attempt())


def test_operations_are_placed_in_their_order_and_the_second_attempt_finds_them():
    shop = full_workshop()
    made = order(shop, amount="2")
    release_production_order(made.id, shop.orders)

    plan = place_operations(made.id, shop.schedule, attempt(), now=MONDAY)
    again = place_operations(made.id, shop.schedule, attempt(), now=MONDAY)

    assert [f"{slot.start:%a %H:%M} - {slot.end:%a %H:%M}" for slot in plan.slots] == [
        "Mon 07:00 - Mon 09:00",
        "Mon 09:00 - Mon 15:00",
    ]
    assert again.slots == ()
    assert [one.start for one in shop.schedule.operations_of(made.id)] == [
        slot.start for slot in plan.slots
    ]


def test_two_orders_never_share_a_place():
    shop = full_workshop()
    for key in ("one", "two", "three"):
        made = order(shop, key=key)
        release_production_order(made.id, shop.orders)
        place_operations(made.id, shop.schedule, attempt(), now=MONDAY)

    wiring = sorted(o.start for o in shop.schedule.made.values() if o.work_centre == "wire")
    assert [f"{start:%a %H:%M}" for start in wiring] == ["Mon 08:00", "Mon 11:00", "Mon 14:00"]


def test_nothing_begins_before_its_day_and_what_is_late_is_said():
    shop = full_workshop()
    made = order(shop)
    release_production_order(made.id, shop.orders)
    trying = attempt()

    plan = place_operations(
        made.id, shop.schedule, trying, earliest=dt.date(2026, 12, 4), now=MONDAY
    )
    late = order(shop, key="late", amount="9")
    release_production_order(late.id, shop.orders)
    place_operations(late.id, shop.schedule, trying, earliest=dt.date(2026, 12, 4), now=MONDAY)

    assert f"{plan.slots[0].start:%Y-%m-%d %H:%M}" == "2026-12-04 07:00"
    assert trying.warnings == ["the work ends on 2026-12-10, after it is due on 2026-12-04"]


def test_hours_cost_what_the_person_costs_to_the_cent():
    report = LabourReport(key="h1", person="bo@works.example", hours=Decimal("0.35"), on=TODAY)

    (priced,) = price_labour((report,), PEOPLE, full_workshop().rates)

    assert str(priced.cost) == "11.02 EUR"  # 11.025, and a half goes to the even one
    assert (priced.key, priced.person, priced.hours) == ("h1", "bo", Decimal("0.35"))


def test_a_mistyped_name_finds_nobody_and_says_so():
    trying = attempt()

    assert find_person("ann@works.example", PEOPLE, trying).id == "ann"
    assert find_work_centre("Wire", full_workshop().schedule, trying).id == "wire"
    assert find_person("an@works.example", PEOPLE, trying) is None
    assert find_work_centre("wires", full_workshop().schedule, trying) is None
    assert trying.warnings == [
        "nobody has the address 'an@works.example'",
        "no work centre is called 'wires': there are assy, cut, wire",
    ]
    with pytest.raises(NotFound, match=r"'an@works.example'"):
        price_labour(
            (LabourReport(key="h", person="an@works.example", hours=Decimal(1), on=TODAY),),
            PEOPLE,
            full_workshop().rates,
        )
