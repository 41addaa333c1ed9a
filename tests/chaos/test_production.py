"""Production under the monkey: the books balance, no stock is lost, no order is released twice."""

import sys
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

import pytest

from orchestrator import Coordinator, Run, RunState, Settings
from orchestrator.errors import InvalidAnswer, NotWaiting, OrchestratorError, Unavailable
from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERP, ERPFactory
from tasks.inventory.contracts import ProcurementState, ProductionOrder, ProductionState
from tasks.inventory.gates import Gate, GateAction, GateDecision
from tasks.manufacturing_operations import ManufacturingOperations
from tests.chaos.monkey import OPEN_RUNS, Monkey
from tests.chaos.sites import first_over
from tests.chaos.world import World, Worlds

SECONDS = 10.0
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


@dataclass(frozen=True)
class Books:
    """What the ERP itself says, not the ledger of the runs."""

    erp: ERP
    before: dict[str, Decimal]

    def orders(self, keys: Iterable[str]) -> list[ProductionOrder]:
        """Return the orders of these keys, and those of their parts."""
        products = list(self.before)
        wanted = [key for one in keys for key in (one, *(f"{one}/{p}" for p in products))]
        return [order for key in wanted if (order := self.erp.production_orders.find(key))]

    def expected(self, orders: list[ProductionOrder]) -> dict[str, Decimal]:
        """Return what must lie on the shelf, by what the orders say they took and brought."""
        shelf = dict(self.before)
        for order in orders:
            for material in order.materials:
                shelf[material.product] -= material.consumed.amount
            if order.state is ProductionState.DONE:
                shelf[order.product] += order.good.amount
            for product in self.before:
                request = self.erp.procurement.find(f"{order.key}/{product}")
                if request and request.state is ProcurementState.RECEIVED:
                    shelf[product] += request.quantity.amount
        return shelf


@pytest.mark.timeout(300)
@first_over("postgresql")
def test_books_balance_and_no_stock_is_lost_whatever_the_monkey_does(
    make_world: Worlds, seed: int
) -> None:
    world = make_world("tasks", max_losses=1000)
    url = f"sqlalchemy+sqlite:///{world.folder / 'erp.db'}"
    with closing(ERPFactory(url=url).connect()) as erp:
        books = Books(erp, on_hand(erp))
        world.start(*POOLS)
        shop = ShopFloor(world)

        monkey = Monkey(world, seed)
        end = time.monotonic() + SECONDS

        def over() -> bool:
            monkey.turn()
            shop.turn()
            return time.monotonic() > end

        world.until(over, within=SECONDS + 60)
        monkey.calm()
        shop.cancel_some()
        with suppress(AssertionError):  # what has not ended is told below
            world.until(shop.is_empty, within=180)

        open_steps = world.described()
        sys.stdout.write(f"seed {seed}: {len(shop.keys)} orders\n{open_steps}")
        assert not world.open_keys(), open_steps
        check(shop, books)
        shop.operations.coordinator.ledger.close()


def check(shop: ShopFloor, books: Books) -> None:
    orders = books.orders(shop.keys)
    made = {order.key: order.state for order in orders}
    runs = shop.operations.coordinator.runs(workflow="production_order_release", limit=10_000)
    assert {run.input["key"] for run in runs} == set(shop.keys)
    for run in shop.operations.coordinator.runs(limit=10_000):
        if run.workflow in ORDERS:
            assert run.state in (RunState.SUCCEEDED, RunState.CANCELLED), run.error
            assert made[run.input["key"]] == how_it_ends(run), run
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
        mended = [one for one in operations if "chaos" in one.name]
        assert len(operations) - len(mended) == len(work), "released twice"


def how_it_ends(run: Run) -> str:
    """Return the state of an order whose run has ended so: after the work is done it stands."""
    if run.state is RunState.SUCCEEDED:
        return "done"
    return "running" if any("led to work" in stands for stands in run.stands) else "cancelled"


def on_hand(erp: ERP) -> dict[str, Decimal]:
    return erp.stock.on_hand([product.id for product in erp.products.catalogue(limit=10_000)])
