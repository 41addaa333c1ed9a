"""Production on the real stack: three pools, broker, ledger, and the embedded ERP."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from orchestrator import Coordinator, RunState, Settings
from orchestrator.errors import InvalidAnswer, NotWaiting
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.accounting import is_balanced
from tasks.adapters import ERP, ERPFactory
from tasks.inventory.contracts import CheckState, ProcurementState, ProductionState
from tasks.inventory.gates import Gate, GateAction, GateDecision
from tasks.inventory.netting import ShortagePolicy
from tasks.inventory.reconciliation_steps import NamedQuantity
from tasks.manufacturing_operations import ManufacturingOperations
from tasks.production_floor import ProductionFloor
from tasks.scheduling.opening_hours import first_open
from tasks.scheduling.placing import most_at_once, slot_of
from tasks.scheduling.providers import ShopFloorProvider
from tasks.shop_floor import LabourReport
from tasks.values import Quantity
from tasks.workflows.production_results import LabourWish, ProductionWish, ReconciliationWish
from tests.waiting import eventually

POOLS = ["billing", "inventory", "scheduling"]
WIRER = "riikka.suominen@pohjantukku.example"
LEAD = "leena.kokkonen@pohjantukku.example"
TODAY = dt.datetime.now(dt.UTC).date()

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Works:
    """The flows, and the ERP that they end in, which the test asks itself."""

    operations: ManufacturingOperations
    erp: ERP

    @property
    def floor(self) -> ProductionFloor:
        return self.operations.floor

    def release(self, key: str, product: str, amount: int, **more: Any):
        wish = ProductionWish(
            key=key,
            product=product,
            quantity=pieces(amount),
            start=TODAY,
            due=TODAY + dt.timedelta(days=30),
            **more,
        )
        return self.operations.release_production_order(wish)

    def order(self, key: str):
        return self.erp.production_orders.find(key)

    def on_hand(self) -> dict[str, Decimal]:
        return self.erp.stock.on_hand([p.id for p in self.erp.products.catalogue(limit=10_000)])

    def free(self) -> dict[str, Decimal]:
        return self.erp.stock.free([p.id for p in self.erp.products.catalogue(limit=10_000)])

    def until_at_work(self, *keys: str):
        """Wait until orders are at work; receive what they wait for, and have their parts made.

        Returns:
            The first of them.
        """

        def at_work():
            self.play(but=keys)
            found = {one.key: one for one in self.floor.at_work()}
            return found.get(keys[0]) if found.keys() >= set(keys) else None

        return eventually(at_work, within=60)

    def until_inspected(self, order: str) -> Gate:
        def asked():
            return next((gate for gate in self.floor.inspections() if gate.order == order), None)

        return eventually(asked, within=30)

    def until_failed(self, check: str):
        def asked():
            return next((d for d in self.floor.decisions() if d.gate.check == check), None)

        return eventually(asked, within=30)

    def play(self, *, but: Collection[str] = ()) -> None:
        """Do what people do when all goes well; but leave these orders at work."""
        for delivery in self.floor.deliveries():
            self.floor.goods_received(delivery.order, by="the warehouse")
        for gate in self.floor.inspections():
            self.floor.inspect(gate.check, good(gate), by=LEAD)
        for one in self.floor.at_work():
            if one.key not in but:
                self.floor.work_done(one.order, by=WIRER)

    def finish(self, run_id: str):
        def ended():
            self.play()
            return self.operations.coordinator.run(run_id).state.is_final

        eventually(ended, within=60)
        return self.operations.production(run_id)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    settings = Settings(home=tmp_path_factory.mktemp("production") / "home")
    with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
        stack.wait_until_ready()
        erp = ERPFactory(url=f"sqlalchemy+sqlite:///{settings.home / 'erp.db'}").connect()
        coordinator = Coordinator(stack.settings)
        yield Works(ManufacturingOperations(coordinator), erp)
        coordinator.ledger.close()
        erp.close()


def pieces(amount: int) -> Quantity:
    return Quantity(amount=Decimal(amount), unit="pcs")


def good(gate: Gate) -> dict[str, Decimal]:
    return {p.name: p.low if p.low is not None else p.high or Decimal(1) for p in gate.points}


def hours(key: str, amount: str) -> LabourReport:
    return LabourReport(key=key, person=WIRER, hours=Decimal(amount), on=TODAY)


def test_an_order_that_lacks_parts_has_them_bought_and_made_and_costs_what_is_posted(works):
    run = works.release("lacking", "PCP-1", 8)
    at_work = works.until_at_work("lacking")
    works.floor.work_done(at_work.order, [hours("lacking:1", "6.5")], by=WIRER)

    result = works.finish(run.id)

    assert result.success, result.errors
    assert result.order.state is ProductionState.DONE
    assert {
        one.state for one in map(works.erp.procurement.get, (r.id for r in result.requests))
    } == {ProcurementState.RECEIVED}
    parts = [
        order
        for code in ("MSU-40", "CPU-24")
        for product in works.erp.products.by_codes([code]).values()
        if (order := works.order(f"lacking/{product.id}"))
    ]
    assert [str(one.quantity) for one in parts] == ["2 pcs", "4 pcs"]
    assert {one.state for one in parts} == {ProductionState.DONE}
    costs = result.costs
    assert costs.labour.amount == Decimal("6.5") * 33
    assert costs.cost_of_goods == costs.total == costs.material + costs.labour
    assert is_balanced(works.erp.costing.postings(result.order.id))


def test_the_same_key_is_one_order(works):
    first, again = (works.release("twice", "EXL-25", 1) for _ in range(2))
    works.finish(first.id)

    later = works.release("twice", "EXL-25", 1)

    assert first.id == again.id == later.id
    order = works.order("twice")
    work = works.erp.boms.operations(order.product)
    assert len(works.erp.work_centres.operations_of(order.id)) == len(work)


def test_a_failed_check_holds_the_order_until_what_was_mended_passes(works):
    run = works.release("mended", "EXL-25", 4)
    works.floor.work_done(works.until_at_work("mended").order, by=WIRER)
    gate = works.until_inspected(works.order("mended").id)
    with pytest.raises(InvalidAnswer, match="'polarity' was not measured; 'polartiy' is not"):
        works.floor.inspect(gate.check, {"polartiy": Decimal(0)}, by=LEAD)
    works.floor.inspect(gate.check, {"polarity": Decimal(0)}, by=LEAD)
    works.until_failed(gate.check)
    assert works.order("mended").state is ProductionState.RUNNING
    mend = GateDecision(
        action=GateAction.REWORK,
        by=LEAD,
        reason="crossed wires",
        work_centre="Wiring benches",
        hours=Decimal("0.5"),
    )
    with pytest.raises(InvalidAnswer, match="to rework takes hours: say it"):
        works.floor.decide(gate.check, mend.model_copy(update={"hours": None}))

    works.floor.decide(gate.check, mend)
    result = works.finish(run.id)

    assert result.success, result.errors
    states = [check.state for check in works.erp.quality.of(result.order.id)]
    assert states == [CheckState.FAILED, CheckState.PASSED]
    operations = works.erp.work_centres.operations_of(result.order.id)
    assert len(operations) == 4
    assert "crossed wires" in operations[-1].name


def test_of_a_failed_check_some_are_scrapped_and_the_good_ones_bear_the_cost(works):
    run = works.release("scrapped", "EXL-25", 4)
    works.floor.work_done(works.until_at_work("scrapped").order, by=WIRER)
    gate = works.until_inspected(works.order("scrapped").id)
    works.floor.inspect(gate.check, {"polarity": Decimal(0)}, by=LEAD)
    works.until_failed(gate.check)
    scrap = GateDecision(action=GateAction.SCRAP, by=LEAD, reason="burnt", quantity=Decimal(1))
    works.floor.decide(gate.check, scrap)

    result = works.finish(run.id)

    assert result.success, result.errors
    assert str(result.order.good) == "3 pcs"
    assert result.costs.cost_of_goods == result.costs.total
    assert any("brought 3 pcs of 4 pcs" in warning for warning in result.warnings)


def test_whoever_answers_for_a_failed_check_is_kept_with_it(works):
    run = works.release("accepted", "EXL-25", 1)
    works.floor.work_done(works.until_at_work("accepted").order, by=WIRER)
    gate = works.until_inspected(works.order("accepted").id)
    works.floor.inspect(gate.check, {"polarity": Decimal(0)}, by=LEAD)
    for by in ("nobody@pohjantukku.example", LEAD):  # a mistyped address is asked for again
        failure = works.until_failed(gate.check)
        accept = GateDecision(action=GateAction.ACCEPT, by=by, reason="sold as seen")
        works.floor.decide(failure.gate.check, accept)
        if by is not LEAD:
            gate = works.until_inspected(works.order("accepted").id)
            works.floor.inspect(gate.check, {"polarity": Decimal(0)}, by=LEAD)

    assert works.finish(run.id).success
    (*_, last) = works.erp.quality.of(works.order("accepted").id)
    assert last.state is CheckState.ACCEPTED
    assert works.erp.people.get(last.accepted_by).email == LEAD


def test_a_cancelled_order_leaves_nothing_behind(works):
    before, free = works.on_hand(), works.free()
    run = works.release("cancelled", "SDB-32", 1)
    works.until_at_work("cancelled")
    assert works.on_hand() != before

    works.operations.coordinator.cancel(run.id, by="sales", reason="the customer cancelled")
    works.operations.wait(run.id, timeout=30)

    result = works.operations.production(run.id)
    assert set(result.undone) == {"create_order", "reserve", "place_operations", "open_checks"}
    assert result.stands == ()
    order = works.order("cancelled")
    assert order.state is ProductionState.CANCELLED
    assert (works.on_hand(), works.free()) == (before, free)
    assert {check.state for check in works.erp.quality.of(order.id)} == {CheckState.WITHDRAWN}
    assert all(one.start is None for one in works.erp.work_centres.operations_of(order.id))
    assert works.erp.work_centres.operations_of(order.id) != []


def test_what_was_bought_for_an_order_that_is_cancelled_is_asked_for_no_longer(works):
    free = works.free()
    run = works.release("unbought", "PCP-1", 90)
    order = eventually(lambda: next(iter(works.floor.deliveries()), None), within=30)
    assert {r.state for r in order.requests} == {ProcurementState.REQUESTED}

    works.operations.coordinator.cancel(run.id, by="sales", reason="too late")
    works.operations.wait(run.id, timeout=30)

    assert {works.erp.procurement.get(r.id).state for r in order.requests} == {
        ProcurementState.CANCELLED
    }
    assert works.order("unbought").state is ProductionState.CANCELLED
    assert works.free() == free


def test_an_order_that_a_gate_refuses_before_the_work_is_undone(works):
    before = works.on_hand()
    run = works.release("refused", "MSU-75", 2)
    order = eventually(lambda: works.order("refused"), within=30)
    gate = works.until_inspected(order.id)
    works.floor.inspect(gate.check, {name: Decimal(99) for name in good(gate)}, by=LEAD)
    works.until_failed(gate.check)
    refuse = GateDecision(action=GateAction.REFUSE, by=LEAD, reason="wrong screws")
    works.floor.decide(gate.check, refuse)

    ended = works.operations.wait(run.id, timeout=30)

    assert ended.state is RunState.FAILED
    assert "GateClosed" in ended.error
    assert "wrong screws" in ended.error
    assert works.order("refused").state is ProductionState.CANCELLED
    assert works.on_hand() == before


def test_after_the_work_a_refused_gate_leaves_the_order_to_a_person(works):
    run = works.release("worked", "EXL-25", 1)
    works.floor.work_done(works.until_at_work("worked").order, [hours("worked:1", "1")], by=WIRER)
    gate = works.until_inspected(works.order("worked").id)
    works.floor.inspect(gate.check, {"polarity": Decimal(0)}, by=LEAD)
    works.until_failed(gate.check)
    works.floor.decide(
        gate.check, GateDecision(action=GateAction.REFUSE, by=LEAD, reason="hopeless")
    )

    works.operations.wait(run.id, timeout=30)

    result = works.operations.production(run.id)
    assert not result.success
    assert result.undone == ()
    assert "create_order (led to work, which is irrevocable)" in result.stands
    assert works.order("worked").state is ProductionState.RUNNING


def test_a_policy_that_refuses_shortages_undoes_the_order_and_says_what_is_short(works):
    free = works.free()
    run = works.release("unbuyable", "PCP-1", 90, policy=ShortagePolicy.REFUSE)

    ended = works.operations.wait(run.id, timeout=30)

    assert ended.state is RunState.FAILED
    assert "pcs of MSU-40" in ended.error
    assert works.order("unbuyable").state is ProductionState.CANCELLED
    assert works.free() == free


def test_hours_are_on_the_order_as_soon_as_they_are_reported(works):
    run = works.release("tracked", "EXL-25", 2)
    order = works.until_at_work("tracked").order

    totals = []
    for key, amount in (("tracked:1", "1.5"), ("tracked:2", "0.25"), ("tracked:2", "0.25")):
        wish = LabourWish(key=key, order=order, labour=(hours(key, amount),))
        tracked = works.operations.track_costs(wish)
        assert works.operations.wait(tracked.id, timeout=30).state is RunState.SUCCEEDED
        totals.append(works.operations.costs(tracked.id).costs.total.amount)
    works.floor.work_done(order, by=WIRER)
    result = works.finish(run.id)

    assert totals[1] - totals[0] == Decimal("8.25")
    assert totals[2] == totals[1]
    assert result.costs.cost_of_goods.amount == totals[2]
    assert result.costs.labour.amount == Decimal("57.75")


def test_a_pick_list_comes_from_the_stock_and_the_rest_in_waves(works):
    make = (NamedQuantity(code="SDB-32", quantity=pieces(30)),)
    run = works.operations.reconcile_bom_stock(
        ReconciliationWish(key="picks", make=make, due=TODAY)
    )
    works.operations.wait(run.id, timeout=30)

    result = works.operations.reconciliation(run.id)

    assert result.success, result.errors
    free = works.free()
    for pick in result.picks:
        assert pick.from_stock.amount <= max(free[pick.product], 0)
        assert pick.from_stock + pick.short == pick.needed
    assert {need.code for wave in result.waves for need in wave} >= {"BRK-200"}
    asked = [request.product for request in result.requests]
    assert len(asked) == len(set(asked)) > 0


def test_the_plan_of_the_shop_floor_keeps_hours_and_places(works):
    keys = [f"plan-{number}" for number in range(4)]
    runs = [works.release(key, "WLS-50", 1) for key in keys]
    works.until_at_work(*keys)

    floor = ShopFloorProvider(works.erp.work_centres).floor()
    slots = [
        slot
        for key in keys
        for one in works.erp.work_centres.operations_of(works.order(key).id)
        if (slot := slot_of(one, floor))
    ]

    assert len(slots) == 8
    for slot in slots:
        centre = floor.centres[slot.work_centre]
        assert first_open(centre, slot.start) == slot.start
        beside = [other for other in floor.taken if other.work_centre == slot.work_centre]
        assert most_at_once(beside, slot.start, slot.end) <= centre.places
    for run in runs:
        assert works.finish(run.id).success


def test_what_nobody_waits_for_is_refused(works):
    with pytest.raises(NotWaiting, match="no run waits for 'check:999'"):
        works.floor.inspect("check:999", {}, by=LEAD)


def test_no_stock_is_below_nothing_and_nothing_is_kept_for_orders_that_ended(works):
    """Whatever the tests before it did: each ends what it began."""
    free, on_hand = works.free(), works.on_hand()

    assert min(on_hand.values()) >= 0
    assert min(free.values()) >= 0
    assert works.floor.at_work() == []
    assert free == on_hand
