"""Make goods: release production orders, reconcile bills with the stock, follow what it costs.

    operations = ManufacturingOperations()
    run = operations.release_production_order(
        ProductionWish(key="web-1042", product="PCP-1", quantity=two, start=monday, due=friday)
    )
    ...                                  # days later: goods came, checks passed, work was done
    print(operations.production(run.id).costs)

The work is done by the pools, and by people: `floor` is what the shop floor says. This only
submits the runs, and puts their results together.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasks.erp_orchestrator import ErpOrchestrator
from tasks.production_floor import ProductionFloor
from tasks.workflows.bom_reconciliation import BOM_STOCK_RECONCILIATION
from tasks.workflows.production_costing import PRODUCTION_COSTING
from tasks.workflows.production_release import PRODUCTION_ORDER_RELEASE
from tasks.workflows.production_results import (
    CostResult,
    LabourWish,
    ProductionResult,
    ProductionWish,
    ReconciliationResult,
    ReconciliationWish,
)

if TYPE_CHECKING:
    from orchestrator import Run, Workflow


class ManufacturingOperations(ErpOrchestrator):
    """The flows of production; what has the same key is done once, however often it is asked for.

    Each verb that begins a flow raises:
        ConfigurationError: the ERP that is set up is not the one asked for.
        WorkflowError: the wish does not fit, or its key was used for another.
        Unavailable: the ledger or the ERP does not answer.
    """

    @cached_property
    def floor(self) -> ProductionFloor:
        """What the shop floor tells the runs that wait for it."""
        return ProductionFloor(self.coordinator)

    def release_production_order(self, wish: ProductionWish) -> "Run":
        """Have so much of a product made; it takes as long as people and suppliers take."""
        return self._submit(PRODUCTION_ORDER_RELEASE, wish.key, dict(wish))

    def reconcile_bom_stock(self, wish: ReconciliationWish) -> "Run":
        """Hold what products are made of against the stock, and have bought what is short."""
        return self._submit(BOM_STOCK_RECONCILIATION, wish.key, dict(wish))

    def track_costs(self, wish: LabourWish) -> "Run":
        """Book hours on an order as they were worked, and hold its cost against the ledger."""
        return self._submit(
            PRODUCTION_COSTING, wish.key, {"order": wish.order, "labour": wish.labour}
        )

    def production(self, run_id: str) -> ProductionResult:
        """Return what has come of a production order so far."""
        coordinator = self.coordinator
        return ProductionResult.of_run(coordinator.run(run_id), coordinator.results(run_id))

    def reconciliation(self, run_id: str) -> ReconciliationResult:
        """Return what has come of a reconciliation so far."""
        coordinator = self.coordinator
        return ReconciliationResult.of_run(coordinator.run(run_id), coordinator.result(run_id))

    def costs(self, run_id: str) -> CostResult:
        """Return what has come of following an order's costs so far."""
        coordinator = self.coordinator
        return CostResult.of_run(coordinator.run(run_id), coordinator.result(run_id))

    def _submit(self, workflow: "Workflow", key: str, asked: Mapping[str, Any]) -> "Run":
        self._check_erp()
        return self.coordinator.submit(workflow, asked, idempotency_key=f"{workflow.name}:{key}")
