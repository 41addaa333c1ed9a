"""Gates: closed until a check passed, and a slip of the pen ends no order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.erp_errors import Rejected
from tasks.inventory.contracts import CheckPoint
from tasks.inventory.gates import (
    GateAction,
    GateClosed,
    GateDecision,
    UnfitDecision,
    lacks,
    misfit,
    scrapped,
)
from tasks.inventory.quality_steps import (
    accept_finding,
    open_checks,
    pass_gate,
    record_finding,
    reopen_gate,
    rework_order,
    scrap_goods,
)
from tests.unit.production.shop import attempt, full_workshop, running

GOOD = {"ohm": Decimal("0.05"), "function": Decimal(1)}
BAD = {"ohm": Decimal("0.7"), "function": Decimal(1)}


@pytest.fixture
def shop():
    return full_workshop()


@pytest.fixture
def gate(shop):
    made = running(shop, "3")
    return open_checks(made.id, shop.quality, shop.orders, attempt("open")).after[0]


def decided(action, **more):
    return GateDecision(action=action, by="ann", reason="a bad lug", **more)


def test_each_check_is_opened_once_and_stands_at_its_stage(shop):
    made = running(shop)

    first = open_checks(made.id, shop.quality, shop.orders, attempt("open"))
    again = open_checks(made.id, shop.quality, shop.orders, attempt("open", number=2))

    assert first == again
    assert [gate.name for gate in first.during] == ["Torque"]
    assert [gate.name for gate in first.after] == ["Earth"]
    assert len(shop.quality.made) == 2


def test_a_good_finding_opens_the_gate(shop, gate):
    finding = record_finding(gate, GOOD, shop.quality, attempt())

    assert finding.passed
    assert pass_gate(gate, shop.quality).values == GOOD


def test_a_bad_finding_closes_it_until_somebody_answers_for_it(shop, gate):
    finding = record_finding(gate, BAD, shop.quality, attempt())

    assert not finding.passed
    refusal = decided(GateAction.REFUSE)
    with pytest.raises(GateClosed, match=r"'Earth', which is failed: a bad lug \(ann\)"):
        pass_gate(gate, shop.quality, refusal)
    accept_finding(gate, "ann", shop.quality)
    assert pass_gate(gate, shop.quality).accepted_by == "ann"


def test_a_slip_of_the_pen_leaves_the_check_open(shop, gate):
    trying = attempt()

    finding = record_finding(gate, {"omh": Decimal(1)}, shop.quality, trying)

    assert finding.state == "open"
    assert finding.problem == (
        "'ohm' was not measured; 'function' was not measured; 'omh' is not asked for"
    )
    assert trying.warnings == [f"Earth of MO-1: {finding.problem}"]
    assert reopen_gate(gate, shop.quality, attempt("reopen")) == gate


def test_what_is_mended_is_checked_anew_and_the_latest_check_counts(shop, gate):
    record_finding(gate, BAD, shop.quality, attempt())

    for _ in range(2):
        rework_order(gate, "wire", Decimal("0.5"), "a bad lug", shop.orders, attempt("mend"))
    anew = reopen_gate(gate, shop.quality, attempt("reopen"))
    record_finding(anew, GOOD, shop.quality, attempt())

    assert anew.check != gate.check
    assert pass_gate(gate, shop.quality).id == anew.check
    assert shop.schedule.operations_of(gate.order)[-1].name == "a bad lug"


def test_scrap_is_taken_out_once_however_often_it_is_tried(shop, gate):
    bad_two = decided(GateAction.SCRAP, quantity=Decimal(2))

    for number in (1, 2):
        made = scrap_goods(gate, bad_two, shop.orders, attempt("scrap", number=number))

    assert str(made.good) == "1 pcs"


@pytest.mark.parametrize(
    ("decision", "lacking"),
    [
        (decided(GateAction.REWORK), "work_centre and hours"),
        (decided(GateAction.REWORK, work_centre="wire"), "hours"),
        (decided(GateAction.SCRAP), "quantity"),
        (decided(GateAction.ACCEPT), ""),
        (decided(GateAction.AGAIN), ""),
    ],
)
def test_a_decision_says_what_it_takes(decision, lacking, shop, gate):
    assert lacks(decision) == lacking


@pytest.mark.parametrize("amount", [None, Decimal(0), Decimal(3)])
def test_to_scrap_nothing_or_everything_changes_nothing(amount, shop, gate):
    with pytest.raises(UnfitDecision, match="scrap some and keep some, or refuse the order MO-1"):
        scrap_goods(gate, decided(GateAction.SCRAP, quantity=amount), shop.orders, attempt())

    assert shop.orders.get(gate.order).scrapped == ()


def test_a_gate_whose_check_is_withdrawn_is_no_open_one(shop, gate):
    shop.quality.withdraw(gate.check)

    with pytest.raises(Rejected, match="'Earth' of MO-1 is withdrawn"):
        pass_gate(gate, shop.quality)


NAMES = st.sets(st.sampled_from("abcdef"))


@given(NAMES, NAMES)
def test_values_fit_when_they_are_those_that_are_asked_for(asked, given_names):
    points = [CheckPoint(name=name) for name in sorted(asked)]

    problem = misfit(points, dict.fromkeys(given_names, Decimal(1)))

    assert (problem == "") == (asked == given_names)
    assert all(repr(name) in problem for name in asked ^ given_names)


@given(st.integers(1, 20), st.decimals(-5, 30, places=0))
def test_scrap_leaves_one_at_least(amount, quantity):
    made = running(full_workshop_of(amount), str(amount))
    try:
        found = scrapped(decided(GateAction.SCRAP, quantity=quantity), made)
    except UnfitDecision:
        assert not 0 < quantity < amount
    else:
        assert 0 < found.amount < amount


def full_workshop_of(amount):
    shop = full_workshop()
    for name in shop.stock.shelf:
        shop.stock.shelf[name] = Decimal(amount * 10)
    return shop
