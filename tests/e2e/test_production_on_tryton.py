"""The demonstration of production on a real Tryton: one setting is another, no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from orchestrator import Coordinator, RunState, Settings
from orchestrator.demo import Ended
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERP, ERPFactory
from tasks.adapters.factory import SETTING
from tasks.inventory.contracts import CheckState, ProcurementState, ProductionState
from tasks.production_demo import ProductionDemo
from tasks.workflows.production_results import ProductionResult
from tests.tryton import Companies
from tests.waiting import eventually

POOLS = ["billing", "inventory", "scheduling"]
SHORT, MENDED, CANCELLED = range(3)  # the orders of the demonstration

pytestmark = pytest.mark.timeout(900)  # three pools and a server start, and forty steps run


@dataclass(frozen=True)
class Played:
    """The demonstration, played to its end, and the ERP that it ended in."""

    erp: ERP
    demo: ProductionDemo
    ended: list[Ended]
    before: dict[str, Decimal]

    def result(self, number: int) -> ProductionResult:
        one = self.ended[number]
        return ProductionResult.of_run(one.run, one.results)

    def on_hand(self) -> dict[str, Decimal]:
        return on_hand(self.erp)


def on_hand(erp: ERP) -> dict[str, Decimal]:
    products = {product.id: product.code for product in erp.products.catalogue(limit=10_000)}
    return {products[one]: amount for one, amount in erp.stock.on_hand([*products]).items()}


@pytest.fixture(scope="module")
def played(
    tryton_companies: Companies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    settings = Settings(home=tmp_path_factory.mktemp("production-on-tryton") / "home")
    with tryton_companies.company() as company, pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, company.erp_url)
        patch.setenv("ORCHESTRATOR_HOME", str(settings.home))
        with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
            stack.wait_until_ready()
            erp, coordinator = ERPFactory().connect(), Coordinator(stack.settings)
            before, demo = on_hand(erp), ProductionDemo()
            ended = play(demo, coordinator)
            yield Played(erp, demo, ended, before)
            coordinator.ledger.close()
            erp.close()


def play(demo: ProductionDemo, coordinator: Coordinator) -> list[Ended]:
    """Submit all that the demonstration brings, and do what people do until it has ended."""
    brought = [
        (one, coordinator.submit(one.workflow, one.input, idempotency_key=one.idempotency_key))
        for one in demo.submissions()
    ]

    def all_ended() -> bool:
        demo.attend(coordinator)
        return all(coordinator.run(run.id).state.is_final for _, run in brought)

    eventually(all_ended, within=600)
    return [
        Ended(
            labels=(one.label,),
            run=coordinator.run(run.id),
            results=coordinator.results(run.id),
        )
        for one, run in brought
    ]


def test_each_order_ends_as_the_demonstration_says(played):
    states = [one.run.state for one in played.ended]

    *orders, _picks = [one.ends for one in played.demo.submissions()]
    assert states[:-1] == orders, [one.run.error for one in played.ended]
    assert states[-1] is RunState.SUCCEEDED


def test_what_is_short_is_bought_and_made_in_tryton(played):
    result = played.result(SHORT)

    received = {played.erp.procurement.get(request.id).state for request in result.requests}
    assert received == {ProcurementState.RECEIVED}
    assert played.erp.production_orders.get(result.order.id).state is ProductionState.DONE
    assert played.on_hand()["PCP-1"] == played.before["PCP-1"] + result.order.good.amount


def test_what_is_mended_has_both_checks_and_one_more_operation(played):
    order = played.result(MENDED).order

    states = [check.state for check in played.erp.quality.of(order.id)]
    assert states == [CheckState.FAILED, CheckState.PASSED]
    operations = played.erp.work_centres.operations_of(order.id)
    assert len(operations) == len(played.erp.boms.operations(order.product)) + 1
    assert "crossed" in operations[-1].name


def test_the_cost_of_what_is_made_is_what_trytons_books_say(played):
    for number in (SHORT, MENDED):
        result = played.result(number)
        postings = played.erp.costing.postings(result.order.id)

        assert is_balanced(postings)
        assert balance(postings, AccountKind.PRODUCTION).amount == 0
        assert result.costs.total == played.erp.costing.of(result.order.id).total
        assert abs((result.costs.cost_of_goods - result.costs.total).amount) <= Decimal("0.02")


def test_a_cancelled_order_leaves_nothing_behind(played):
    result = played.result(CANCELLED)

    assert set(result.undone) == {"create_order", "reserve", "place_operations", "open_checks"}
    order = played.erp.production_orders.get(result.order.id)
    assert order.state is ProductionState.CANCELLED
    assert {item.consumed.amount + item.reserved.amount for item in order.materials} == {0}
    assert played.on_hand()["SDB-32"] == played.before["SDB-32"]


def test_no_shelf_is_below_nothing(played):
    products = [product.id for product in played.erp.products.catalogue(limit=10_000)]

    assert min(played.on_hand().values()) >= 0
    assert min(played.erp.stock.free(products).values()) >= 0
