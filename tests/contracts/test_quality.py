"""QualityChecks: what holds an order up until it is good, or somebody answers for it."""

from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import CheckStage, CheckState, ProductionState, QualityCheck

GOOD = {"insulation": Decimal("1.0"), "earth": Decimal("0.1"), "function": Decimal(1)}


@pytest.fixture
def lead(workshop):
    """A running order whose one check asks whether the polarity is right."""
    return workshop.running()


@pytest.fixture
def panel(workshop):
    """A running order whose check measures three things."""
    return workshop.running("PCP-2", "1", "panel")


def opened(workshop, order, key="check"):
    return workshop.erp.quality.open(key, order.id, workshop.plans(order)[0].id)


def test_a_product_has_the_plans_of_each_stage(workshop, panel):
    starter = workshop.draft("MSU-75", "1", "starter")

    [plan] = workshop.erp.quality.required(panel.id, CheckStage.AFTER)
    [wiring] = workshop.erp.quality.required(starter.id, CheckStage.DURING)

    assert [point.name for point in plan.points] == ["insulation", "earth", "function"]
    assert (wiring.points[0].low, wiring.points[0].high) == (Decimal("1.2"), Decimal("1.8"))
    assert workshop.erp.quality.required(panel.id, CheckStage.DURING) == []
    assert workshop.erp.quality.required(starter.id, CheckStage.AFTER) == []


def test_an_opened_check_is_found_by_id_key_and_order(workshop, lead):
    check = opened(workshop, lead)

    assert (check.state, check.values, check.accepted_by) == (CheckState.OPEN, {}, None)
    assert workshop.erp.quality.get(check.id) == workshop.erp.quality.find("check") == check
    assert workshop.erp.quality.of(lead.id) == [check]
    assert workshop.erp.quality.find("another") is None
    assert QualityCheck.model_validate_json(check.model_dump_json()) == check


@pytest.mark.parametrize("value", [None, "0", "1"])
def test_a_check_that_is_opened_before_the_work_does_not_hold_up_its_beginning(workshop, value):
    order = workshop.erp.production_orders.get(workshop.reserved().document)
    check = opened(workshop, order)
    if value is not None:
        check = workshop.erp.quality.record(check.id, {"polarity": Decimal(value)})

    running = workshop.erp.production_orders.start(order.id)

    assert running.state == ProductionState.RUNNING
    assert workshop.erp.quality.of(order.id) == [check]
    assert workshop.erp.quality.get(check.id) == workshop.erp.quality.find("check") == check
    assert opened(workshop, order) == check
    if value != "1":
        with pytest.raises(Rejected, match=f"is {check.state}"):
            workshop.erp.production_orders.finish(order.id)
    workshop.check(order, "1", key="check again")
    assert workshop.erp.production_orders.finish(order.id).state == ProductionState.DONE


def test_a_check_that_is_opened_before_the_work_is_found_and_withdrawn(workshop):
    order = workshop.released()
    check = opened(workshop, order)

    assert workshop.erp.quality.of(order.id) == [check] == [workshop.erp.quality.find("check")]
    withdrawn = workshop.erp.quality.withdraw(check.id)

    assert workshop.erp.quality.of(order.id) == [withdrawn]
    assert workshop.erp.production_orders.cancel(order.id).state == ProductionState.CANCELLED
    assert workshop.erp.quality.get(check.id) == withdrawn == opened(workshop, order)


def test_the_same_key_opens_once_and_another_one_again(workshop, lead):
    first = opened(workshop, lead)

    again = opened(workshop, lead, "again")

    assert opened(workshop, lead) == first
    assert workshop.erp.quality.of(lead.id) == [first, again]


@pytest.mark.parametrize(
    ("point", "value", "state"),
    [
        ("insulation", "1.0", CheckState.PASSED),
        ("insulation", "900", CheckState.PASSED),
        ("insulation", "0.99", CheckState.FAILED),
        ("earth", "0.0", CheckState.PASSED),
        ("earth", "0.11", CheckState.FAILED),
        ("earth", "-0.01", CheckState.FAILED),
        ("function", "0", CheckState.FAILED),
    ],
)
def test_values_are_judged_by_their_limits(workshop, panel, point, value, state):
    check = opened(workshop, panel)

    recorded = workshop.erp.quality.record(check.id, GOOD | {point: Decimal(value)})

    assert recorded.state == state
    assert recorded.values[point] == Decimal(value)
    assert workshop.erp.quality.get(check.id) == recorded


def test_the_same_values_again_change_nothing_and_others_are_refused(workshop, panel):
    check = opened(workshop, panel)
    recorded = workshop.erp.quality.record(check.id, GOOD)

    assert workshop.erp.quality.record(check.id, GOOD) == recorded
    with pytest.raises(Rejected, match="open a new one"):
        workshop.erp.quality.record(check.id, GOOD | {"earth": Decimal(0)})
    assert workshop.erp.quality.get(check.id) == recorded


@pytest.mark.parametrize("values", [{}, {"earth": Decimal(0)}, GOOD | {"colour": Decimal(1)}])
def test_missing_and_unknown_points_are_refused(workshop, panel, values):
    check = opened(workshop, panel)

    with pytest.raises(Rejected, match=r"missing.*unknown"):
        workshop.erp.quality.record(check.id, values)
    assert workshop.erp.quality.get(check.id) == check


def test_an_order_without_its_check_is_not_finished(workshop, lead):
    with pytest.raises(Rejected, match="'Test of an extension lead' is missing"):
        workshop.erp.production_orders.finish(lead.id)

    opened(workshop, lead)
    with pytest.raises(Rejected, match="'Test of an extension lead' is open"):
        workshop.erp.production_orders.finish(lead.id)

    assert workshop.erp.production_orders.get(lead.id) == lead


def test_a_passed_check_lets_the_order_be_finished(workshop, lead):
    workshop.check(lead, "1")

    assert workshop.erp.production_orders.finish(lead.id).state == ProductionState.DONE


def test_a_failed_check_holds_the_order_until_somebody_answers_for_it(workshop, lead):
    failed = workshop.check(lead, "0")
    with pytest.raises(Rejected, match="is failed"):
        workshop.erp.production_orders.finish(lead.id)

    accepted = workshop.erp.quality.accept(failed.id, workshop.worker().id)

    assert (accepted.state, accepted.accepted_by) == (CheckState.ACCEPTED, workshop.worker().id)
    assert workshop.erp.quality.accept(failed.id, workshop.worker().id) == accepted
    assert workshop.erp.production_orders.finish(lead.id).state == ProductionState.DONE


def test_after_a_rework_a_new_check_counts(workshop, lead):
    workshop.check(lead, "0")
    centre = workshop.erp.work_centres.work_centres()[0]
    workshop.erp.production_orders.rework(
        "mend", lead.id, centre.id, hours=Decimal("0.5"), reason="wires crossed"
    )

    workshop.check(lead, "1", key="check again")

    assert workshop.erp.production_orders.finish(lead.id).state == ProductionState.DONE


def test_the_latest_check_counts_though_an_earlier_one_passed(workshop, lead):
    workshop.check(lead, "1")
    workshop.check(lead, "0", key="check again")

    with pytest.raises(Rejected, match="is failed"):
        workshop.erp.production_orders.finish(lead.id)


def test_a_withdrawn_check_is_as_if_it_had_not_been_opened(workshop, lead):
    workshop.check(lead, "0")
    by_mistake = opened(workshop, lead, "by mistake")

    withdrawn = workshop.erp.quality.withdraw(by_mistake.id)

    assert withdrawn.state == CheckState.WITHDRAWN
    assert workshop.erp.quality.withdraw(by_mistake.id) == withdrawn
    with pytest.raises(Rejected, match="is failed"):
        workshop.erp.production_orders.finish(lead.id)
    with pytest.raises(Rejected, match="is withdrawn"):
        workshop.erp.quality.record(by_mistake.id, {"polarity": Decimal(1)})


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_finding_is_not_taken_back(workshop, lead, value):
    check = workshop.check(lead, value)

    with pytest.raises(Rejected, match="not taken back"):
        workshop.erp.quality.withdraw(check.id)


def test_only_a_failed_check_is_accepted(workshop, lead):
    worker = workshop.worker().id

    with pytest.raises(Rejected, match="is open"):
        workshop.erp.quality.accept(opened(workshop, lead).id, worker)
    with pytest.raises(Rejected, match="is passed"):
        workshop.erp.quality.accept(workshop.check(lead, "1").id, worker)


def test_a_check_during_the_work_is_required_as_well(workshop):
    starter = workshop.running("MSU-75", "1")
    with pytest.raises(Rejected, match="'Wiring of a motor starter' is missing"):
        workshop.erp.production_orders.finish(starter.id)

    workshop.check(starter, "1.5")

    assert workshop.erp.production_orders.finish(starter.id).state == ProductionState.DONE


def test_a_plan_for_another_product_is_refused(workshop, lead, panel):
    with pytest.raises(Rejected, match="is not for what"):
        workshop.erp.quality.open("k", lead.id, workshop.plans(panel)[0].id)


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_an_order_at_its_end_is_checked_no_more(workshop, lead, end):
    plan = workshop.plans(lead)[0].id
    workshop.check(lead, "1")
    getattr(workshop.erp.production_orders, end)(lead.id)

    with pytest.raises(Rejected, match="cannot be checked"):
        workshop.erp.quality.open("late", lead.id, plan)


def test_ids_that_nothing_has_are_said_back(workshop, lead):
    quality, worker = workshop.erp.quality, workshop.worker().id

    with pytest.raises(NotFound, match="'production_order:999999'"):
        quality.required("production_order:999999", CheckStage.AFTER)
    with pytest.raises(NotFound, match="'production_order:999999'"):
        quality.of("production_order:999999")
    with pytest.raises(NotFound, match="'check_plan:999999'"):
        quality.open("k", lead.id, "check_plan:999999")
    for verb, args in (
        (quality.get, ()),
        (quality.record, ({},)),
        (quality.accept, (worker,)),
        (quality.withdraw, ()),
    ):
        with pytest.raises(NotFound, match="'check:999999'"):
            verb("check:999999", *args)
    with pytest.raises(NotFound, match="'person:999999'"):
        quality.accept(workshop.check(lead, "0").id, "person:999999")
