"""Production under the monkey: the books balance, no stock is lost, no order is released twice."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from orchestrator import Coordinator, Run, RunState, Settings, StepState, StepView
from orchestrator.errors import InvalidAnswer, NotWaiting, OrchestratorError, Unavailable
from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERP, ERPFactory
from tasks.inventory.contracts import ProcurementState, ProductionOrder, ProductionState
from tasks.inventory.gates import Gate, GateAction, GateDecision
from tasks.manufacturing_operations import ManufacturingOperations
from tests.chaos.erps import ErpSite, embedded_site, tryton_site
from tests.chaos.monkey import OPEN_RUNS, Monkey
from tests.chaos.sites import Site
from tests.chaos.world import World, Worlds

SHORT_SECONDS = 10.0
#: how long the last orders may take when the monkey strikes no more; a real ERP is slow
CALM_SECONDS = 300.0
POOLS = ("billing", "inventory", "scheduling")
LEAD = "leena.kokkonen@pohjantukku.example"
#: one that lacks parts after a while, one with a check, one with more levels
PRODUCTS = (("MSU-40", 2), ("EXL-25", 2), ("SDB-32", 1))
KEY = "chaos-{}"
ORDERS = ("production_order_release", "production_part_order")


class ShopFloor:
    """Orders goods again and again, and does what people do for them, good and bad."""

    def __init__(self, world: World) -> None:
        self.keys: list[str] = []
        self._world = world
        self._numbers = count()
        settings = Settings(ledger_url=world.site.url, broker_url=world.broker.url)
        self.operations = ManufacturingOperations(Coordinator(settings))

    def turn(self) -> None:
        """Let another order come if too few runs are open, and answer what waits."""
        with suppress(Unavailable):
            if len(self._world.open_keys()) < OPEN_RUNS:
                self._order(next(self._numbers))
            self.attend()

    def attend(self) -> None:
        """Do what people do; an answer that was lost is given again at the next look."""
        floor = self.operations.floor
        for delivery in floor.deliveries():
            with suppress(NotWaiting):
                floor.goods_received(delivery.order, by="the warehouse")
        for gate in floor.inspections():
            with suppress(NotWaiting):
                floor.inspect(gate.check, measured(gate), by=LEAD)
        for failure in floor.decisions():
            with suppress(NotWaiting):
                try:
                    floor.decide(failure.gate.check, MEND)
                except InvalidAnswer:  # the last round: there is no further one
                    floor.decide(failure.gate.check, ACCEPT)
        for order in floor.at_work():
            with suppress(NotWaiting):
                floor.work_done(order.order, by=LEAD)

    def cancel_some(self) -> None:
        """Cancel each fifth order that is still open."""
        coordinator = self.operations.coordinator
        for run in coordinator.runs(states=(RunState.RUNNING,), limit=999):
            number = run.input.get("key", "").removeprefix(KEY.format(""))
            if number.isdecimal() and int(number) % 5 == 4:
                with suppress(OrchestratorError):
                    coordinator.cancel(run.id, by="sales", reason="the customer cancelled")

    def is_empty(self) -> bool:
        """Answer what waits, and tell whether every run has ended."""
        self.attend()
        return not self._world.open_keys()

    def _order(self, number: int) -> None:
        product, amount = PRODUCTS[number % len(PRODUCTS)]
        key = KEY.format(number)
        self.keys.append(key)
        wish = {
            "key": key,
            "product": product,
            "quantity": {"amount": str(amount), "unit": "pcs"},
            "start": "2026-12-01",
            "due": "2026-12-24",
            "policy": "make",
        }
        self._world.producer.ask("production_order_release", wish)


MEND = GateDecision(
    action=GateAction.REWORK,
    by=LEAD,
    reason="chaos",
    work_centre="Wiring benches",
    hours=Decimal("0.5"),
)

ACCEPT = GateDecision(action=GateAction.ACCEPT, by=LEAD, reason="chaos")


def measured(gate: Gate) -> dict[str, Decimal]:
    """Measure what is good, but for every third check, which fails."""
    number = int(gate.check.rpartition(":")[2])
    if number % 3 == 0:
        return {point.name: Decimal(-1) for point in gate.points}
    return {p.name: p.low if p.low is not None else p.high or Decimal(1) for p in gate.points}


class Books:
    """What the ERP itself says, not the ledger of the runs."""

    def __init__(self, erp: ERP) -> None:
        self.erp = erp
        self.before = on_hand(erp)
        catalogue = {product.code: product.id for product in erp.products.catalogue(limit=10_000)}
        self._parts = cache(self._find_parts)
        self.products = [catalogue[code] for code, _ in PRODUCTS]

    def orders(self, keys: Iterable[str]) -> list[ProductionOrder]:
        """Return the orders of these keys, and those of their parts."""
        parts = sorted(set().union(*map(self._parts, self.products)))
        wanted = [key for one in keys for key in (one, *(f"{one}/{part}" for part in parts))]
        return [order for key in wanted if (order := self.erp.production_orders.find(key))]

    def expected(self, orders: list[ProductionOrder]) -> dict[str, Decimal]:
        """Return what must lie on the shelf, by what the orders say they took and brought."""
        shelf = dict(self.before)
        for order in orders:
            for material in order.materials:
                shelf[material.product] -= material.consumed.amount
            if order.state is ProductionState.DONE:
                shelf[order.product] += order.good.amount
            for part in self._parts(order.product):
                request = self.erp.procurement.find(f"{order.key}/{part}")
                if request and request.state is ProcurementState.RECEIVED:
                    shelf[part] += request.quantity.amount
        return shelf

    def _find_parts(self, product: str) -> frozenset[str]:
        """Return what goes into a product, into its parts, and so on."""
        components = self.erp.boms.components(product)
        below = (self._parts(one.product) for one in components)
        return frozenset(one.product for one in components if not one.phantom).union(*below)


@pytest.fixture
def erp_site(
    request: pytest.FixtureRequest,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ErpSite]:
    """The ERP of the shop: the embedded one, or the company in a real Tryton."""
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path / "home"))
    if request.param == "embedded":
        yield embedded_site(site, tmp_path)
    else:
        with tryton_site(request.getfixturevalue("tryton_companies")) as lent:
            yield lent


ANYWHERE = pytest.mark.parametrize(
    ("site", "erp_site"),
    [
        ("postgresql", "embedded"),
        ("postgresql", "tryton"),
        pytest.param("sqlite", "embedded", marks=pytest.mark.slow),
        pytest.param("sqlite", "tryton", marks=pytest.mark.slow),
    ],
    indirect=True,
)


@pytest.mark.timeout(600)
@ANYWHERE
def test_books_balance_and_no_stock_is_lost_whatever_the_monkey_does(
    make_world: Worlds, erp_site: ErpSite, seed: int
) -> None:
    world = make_world("tasks", erp_site, max_losses=1000)

    ransack(world, seed, SHORT_SECONDS)


@pytest.mark.slow
@pytest.mark.timeout(0)  # `ransack` has deadlines of its own
@ANYWHERE
def test_books_balance_and_no_stock_is_lost_however_long_it_goes_on(
    make_world: Worlds, erp_site: ErpSite, seed: int, pytestconfig: pytest.Config
) -> None:
    world = make_world("tasks", erp_site, max_losses=1_000_000)

    ransack(world, seed, 60 * pytestconfig.getoption("--chaos-minutes"))


def ransack(world: World, seed: int, seconds: float) -> None:
    """Make goods while the monkey strikes for so long, and hold the ERP against its orders."""
    shop = ShopFloor(world)
    with (
        closing(ERPFactory(url=world.erp.url).connect()) as erp,
        closing(shop.operations.coordinator.ledger),
    ):
        books = Books(erp)
        world.start(*POOLS)
        monkey = Monkey(world, seed)
        end = time.monotonic() + seconds

        def over() -> bool:
            monkey.turn()
            shop.turn()
            return time.monotonic() > end

        world.until(over, within=seconds + 60)
        monkey.calm()
        shop.cancel_some()
        with suppress(AssertionError):  # what has not ended is told below
            world.until(shop.is_empty, within=CALM_SECONDS)

        open_steps = world.described()
        blows = Counter(struck.kind for struck in monkey.struck)
        sys.stdout.write(f"seed {seed}: {len(shop.keys)} orders, {dict(blows)}\n{open_steps}\n")
        assert not world.open_keys(), open_steps
        check(shop, books)


def check(shop: ShopFloor, books: Books) -> None:
    orders = books.orders(shop.keys)
    made = {order.key: order.state for order in orders}
    runs = shop.operations.coordinator.runs(workflow="production_order_release", limit=10_000)
    assert {run.input["key"] for run in runs} == set(shop.keys)
    releases: dict[str, StepView] = {}
    for run in shop.operations.coordinator.runs(limit=10_000):
        if run.workflow in ORDERS:
            assert run.state in (RunState.SUCCEEDED, RunState.CANCELLED), run.error
            # Who cancels before it is made has no order.
            assert made.get(run.input["key"], "cancelled") == how_it_ends(run), run
            steps = {step.name: step for step in shop.operations.coordinator.steps(run.id)}
            releases[run.input["key"]] = steps["release_order"]
    after = on_hand(books.erp)
    assert books.expected(orders) == after
    assert min(after.values()) >= 0
    assert books.erp.stock.free(list(after)) == after, "something is kept for an order that ended"
    for order in orders:
        postings = books.erp.costing.postings(order.id)
        in_production = balance(postings, AccountKind.PRODUCTION)
        cost = books.erp.costing.of(order.id).total
        assert is_balanced(postings)
        assert in_production.amount == (cost.amount if order.state == "running" else 0), order
        work = books.erp.boms.operations(order.product)
        operations = books.erp.work_centres.operations_of(order.id)
        planned = [one for one in operations if "chaos" not in one.name]
        assert len(planned) in planned_after(releases[order.key], len(work)), order


def planned_after(release: StepView, operations: int) -> set[int]:
    """Return how many operations an order may have, which come with its release: never twice."""
    if release.state is StepState.SUCCEEDED:
        return {operations}
    # It was cancelled before, or while a worker was at it or had just died of it.
    return {0, operations} if release.attempts else {0}


def how_it_ends(run: Run) -> str:
    """Return the state of an order whose run has ended so: after the work is done it stands."""
    if run.state is RunState.SUCCEEDED:
        return "done"
    return "running" if any("led to work" in stands for stands in run.stands) else "cancelled"


def on_hand(erp: ERP) -> dict[str, Decimal]:
    return erp.stock.on_hand([product.id for product in erp.products.catalogue(limit=10_000)])
