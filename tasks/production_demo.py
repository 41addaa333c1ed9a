"""The demonstration of production: orders that lack parts, fail a check, or are cancelled.

The embedded company makes control panels, leads and cabinets. People who buy, inspect, decide
and work are played by `attend`, with the verbs that a terminal on the shop floor would call.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator import RunState
from orchestrator.demo import Ended, Submission, Table
from tasks.adapters.factory import SETTING
from tasks.inventory.contracts import CheckPoint
from tasks.inventory.gates import Gate, GateAction, GateDecision
from tasks.manufacturing_operations import ManufacturingOperations
from tasks.production_floor import OpenWork, ProductionFloor
from tasks.shop_floor import LabourReport
from tasks.values import Quantity
from tasks.workflows.bom_reconciliation import BOM_STOCK_RECONCILIATION
from tasks.workflows.production_release import PRODUCTION_ORDER_RELEASE
from tasks.workflows.production_results import (
    ProductionResult,
    ProductionWish,
    ReconciliationResult,
)

if TYPE_CHECKING:
    from orchestrator import Coordinator

WIRER = "riikka.suominen@pohjantukku.example"
INSPECTOR = "leena.kokkonen@pohjantukku.example"

#: what is made, how many, and what happens to it
_ORDERS = (
    ("parts and bought parts are short", "PCP-1", 8, RunState.SUCCEEDED),
    ("a check fails and is mended", "EXL-25", 4, RunState.SUCCEEDED),
    ("cancelled when it is at work", "SDB-32", 1, RunState.CANCELLED),
)
#: in the name of the check that fails the first time
_FAILS = "extension lead"


class ProductionDemo:
    """Orders come in; goods go on the shelf, at a cost that the ledger bears out."""

    erp_setting = SETTING

    def __init__(self) -> None:
        self._told: list[tuple[str, str, str]] = []
        self._failed: set[str] = set()

    def submissions(self) -> Iterator[Submission]:
        """Return a run for each order, and one that only looks through the stock."""
        for label, wish, ends in _wishes():
            yield Submission(
                label=label,
                workflow=PRODUCTION_ORDER_RELEASE.name,
                input=dict(wish),
                idempotency_key=f"{PRODUCTION_ORDER_RELEASE.name}:{wish.key}",
                ends=ends,
            )
        today = _today()
        yield Submission(
            label="a pick list for forty cabinets",
            workflow=BOM_STOCK_RECONCILIATION.name,
            input={
                "key": f"demo-{today}-picks",
                "make": [{"code": "SDB-32", "quantity": _pieces(40)}],
                "due": today,
            },
            idempotency_key=f"{BOM_STOCK_RECONCILIATION.name}:demo-{today}",
        )

    def attend(self, coordinator: "Coordinator") -> None:
        """Do what people would: receive, inspect, decide, work, and change their mind once."""
        operations = ManufacturingOperations(coordinator)
        floor = operations.floor
        for delivery in floor.deliveries():
            came = ", ".join(str(request.quantity) for request in delivery.requests)
            self._tell(delivery.number, "what was bought is here", came)
            floor.goods_received(delivery.order, by="the warehouse")
        for gate in floor.inspections():
            self._inspect(floor, gate)
        for failure in floor.decisions():
            mend = GateDecision(
                action=GateAction.REWORK,
                by=INSPECTOR,
                reason="the wires of the plug are crossed",
                work_centre="Wiring benches",
                hours=Decimal("0.5"),
            )
            self._tell(failure.gate.number, failure.gate.name, f"to be mended: {mend.reason}")
            floor.decide(failure.gate.check, mend)
        for order in floor.at_work():
            self._work(operations, order)

    def report(self, ended: Sequence[Ended]) -> Iterator[Table]:
        """Tell what was made at what cost, what was cancelled, and what people did."""
        orders = [(one, ProductionResult.of_run(one.run, one.results)) for one in ended
                  if one.run.workflow == PRODUCTION_ORDER_RELEASE.name]  # fmt: skip
        yield Table(
            "Production orders",
            ("WHAT HAPPENS", "ORDER", ">GOOD", "PRODUCT", "STATE", ">BOUGHT", "FIRST OPERATION"),
            [_order(one, result) for one, result in orders],
        )
        yield Table(
            "What they cost",
            ("ORDER", ">MATERIAL", ">LABOUR", ">TOTAL", ">COST OF GOODS, BY THE LEDGER"),
            [_costs(result) for _, result in orders if result.costs],
        )
        yield Table(
            "Cancelled",
            ("ORDER", "UNDONE, THE LAST FIRST", "STANDS"),
            [
                (result.order.number, ", ".join(result.undone), ", ".join(result.stands))
                for _, result in orders
                if result.order and not result.success
            ],
        )
        yield Table("On the shop floor", ("ORDER", "WHAT", "AND SO"), self._told)
        for one in ended:
            if one.run.workflow == BOM_STOCK_RECONCILIATION.name:
                yield _pick_list(one)

    def _inspect(self, floor: ProductionFloor, gate: Gate) -> None:
        fails = gate.order not in self._failed and _FAILS in gate.name
        values = {point.name: _measured(point, fails=fails) for point in gate.points}
        self._tell(gate.number, gate.name, "failed" if fails else "passed")
        floor.inspect(gate.check, values, by=INSPECTOR)
        self._failed |= {gate.order} if fails else set()

    def _work(self, operations: ManufacturingOperations, order: OpenWork) -> None:
        cancelled = next(wish for _, wish, ends in _wishes() if ends is RunState.CANCELLED)
        if order.key == cancelled.key:
            run = operations.release_production_order(cancelled)  # the same key is the same run
            self._tell(order.number, "the customer takes the order back", "cancelled")
            operations.coordinator.cancel(run.id, by="sales", reason="the customer cancelled")
            return
        hours = LabourReport(
            key=f"{order.order}:hours", person=WIRER, hours=Decimal("1.75"), on=_today()
        )
        self._tell(order.number, "the work is done", f"{hours.hours} h")
        operations.floor.work_done(order.order, [hours], by=WIRER)

    def _tell(self, order: str, what: str, so: str) -> None:
        self._told.append((order, what, so))


def _wishes() -> Iterator[tuple[str, ProductionWish, RunState]]:
    today = _today()
    for number, (label, product, amount, ends) in enumerate(_ORDERS, start=1):
        wish = ProductionWish(
            key=f"demo-{today}-{number}",
            product=product,
            quantity=_pieces(amount),
            start=today,
            due=today + dt.timedelta(days=14),
        )
        yield label, wish, ends


def _measured(point: CheckPoint, *, fails: bool) -> Decimal:
    """Return what is measured: within the limits, or just beyond them."""
    if point.low is None and point.high is None:
        return Decimal(not fails)
    good = [limit for limit in (point.low, point.high) if limit is not None]
    middle = sum(good, Decimal(0)) / len(good)
    return middle if not fails else max(good) + 1


def _order(ended: Ended, result: ProductionResult) -> tuple[str, ...]:
    order = result.order
    first = min((slot.start for slot in result.slots), default=None)
    return (
        ", ".join(ended.labels),
        order.number if order else "",
        str(order.good) if order else "",
        ended.run.input["product"],
        ended.run.state if not result.success or order is None else order.state,
        str(len(result.requests)),
        f"{first:%Y-%m-%d %H:%M}" if first else "",
    )


def _costs(result: ProductionResult) -> tuple[str, ...]:
    costs = result.costs
    if costs is None:
        return ()
    amounts = (costs.material, costs.labour, costs.total, costs.cost_of_goods)
    return (costs.number, *(f"{amount.amount:,.2f}" if amount else "" for amount in amounts))


def _pick_list(ended: Ended) -> Table:
    result = ReconciliationResult.of_run(
        ended.run,
        {**ended.results["reconcile"], "requests": ended.results["request"]},
    )
    waves = {need.product: f"made in wave {number}"
             for number, wave in enumerate(result.waves, start=1) for need in wave}  # fmt: skip
    bought = {request.product: f"bought by {request.number}" for request in result.requests}
    return Table(
        ended.labels[0].capitalize(),
        ("PRODUCT", ">NEEDED", ">FROM STOCK", ">SHORT", "WHICH IS"),
        [
            (
                pick.code,
                str(pick.needed),
                str(pick.from_stock),
                str(pick.short) if pick.short.amount else "",
                {**waves, **bought}.get(pick.product, ""),
            )
            for pick in result.picks
        ],
    )


def _pieces(amount: int) -> Quantity:
    return Quantity(amount=Decimal(amount), unit="pcs")


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


PRODUCTION = ProductionDemo()
