"""What is asked of the production flows, and what came of their runs, in the business's words."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self

from orchestrator import Run, RunState
from tasks.inventory.contracts import ProcurementRequest, ProductionOrder
from tasks.inventory.netting import PickLine, ShortagePolicy
from tasks.inventory.reconciliation_steps import KeyedNeed, NamedQuantity
from tasks.scheduling.placing import Slot
from tasks.scheduling.production_steps import OrderPlan
from tasks.shop_floor import CostStatement, LabourReport
from tasks.values import Id, Quantity, Value


class ProductionWish(Value):
    """So much of a product, wanted by a day; the same key is the same order."""

    key: str
    #: its code
    product: str
    quantity: Quantity
    #: nothing is made for it before this day, and what is bought for it is due by then
    start: dt.date
    due: dt.date
    policy: ShortagePolicy = ShortagePolicy.MAKE


class ReconciliationWish(Value):
    """Products that are to be made, and for which the stock is to be looked through."""

    key: str
    make: tuple[NamedQuantity, ...]
    due: dt.date
    policy: ShortagePolicy = ShortagePolicy.MAKE


class LabourWish(Value):
    """Hours that were worked on an order, to be booked; without any its cost is just read."""

    key: str
    order: Id
    labour: tuple[LabourReport, ...] = ()


class FlowResult(Value):
    """What every run says of itself."""

    run_id: str
    success: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    #: the steps that were undone, and those whose effect is still there, with the reason
    undone: tuple[str, ...] = ()
    stands: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: Run, **more: Any) -> Self:
        """Return what a run says of itself, and what more there is to say of it."""
        return cls(
            run_id=run.id,
            success=run.state is RunState.SUCCEEDED,
            errors=(run.error,) if run.error else (),
            warnings=tuple(dict.fromkeys(run.warnings)),
            undone=run.undone,
            stands=run.stands,
            **more,
        )


class ProductionResult(FlowResult):
    """What came of a production order so far."""

    order: ProductionOrder | None = None
    slots: tuple[Slot, ...] = ()
    requests: tuple[ProcurementRequest, ...] = ()
    costs: CostStatement | None = None

    @classmethod
    def of_run(cls, run: Run, results: Mapping[str, Any]) -> Self:
        """Return it from what the run's steps gave, plain JSON by step name."""
        order = results.get("finish") or results.get("release_order") or results.get("create_order")
        plan = results.get("place_operations")
        costs = results.get("costs")
        return cls.of(
            run,
            order=ProductionOrder.model_validate(order) if order else None,
            slots=OrderPlan.model_validate(plan).slots if plan else (),
            requests=_requests(results.get("shortage") or {}),
            costs=CostStatement.model_validate(costs) if costs else None,
        )


class ReconciliationResult(FlowResult):
    """A pick list, what is to be made before, and what was asked of the buyers."""

    picks: tuple[PickLine, ...] = ()
    waves: tuple[tuple[KeyedNeed, ...], ...] = ()
    requests: tuple[ProcurementRequest, ...] = ()

    @classmethod
    def of_run(cls, run: Run, result: Mapping[str, Any] | None) -> Self:
        """Return it from what the run gave."""
        given = result or {}
        return cls.of(
            run,
            picks=tuple(map(PickLine.model_validate, given.get("picks", ()))),
            waves=tuple(
                tuple(map(KeyedNeed.model_validate, wave)) for wave in given.get("waves", ())
            ),
            requests=_requests(given),
        )


class CostResult(FlowResult):
    """What an order has cost, found to be what the ledger says."""

    costs: CostStatement | None = None

    @classmethod
    def of_run(cls, run: Run, result: Mapping[str, Any] | None) -> Self:
        """Return it from what the run gave."""
        return cls.of(run, costs=CostStatement.model_validate(result) if result else None)


def _requests(given: Mapping[str, Any]) -> tuple[ProcurementRequest, ...]:
    return tuple(map(ProcurementRequest.model_validate, given.get("requests", ())))
