"""The step that closes a production order's cost: it is what the ledger says, or nothing is."""

from orchestrator import DoNotRetry, task
from tasks.billing.cost_rules import cost_of_goods, differences
from tasks.shop_floor import BookedLabour, CostStatement, OrderCosts


class CostsDisagree(DoNotRetry):
    """The cost of an order is not what the ledger says; somebody must find out why."""


@task("billing.state_costs")
def state_costs(costs: OrderCosts, booked: tuple[BookedLabour, ...] = ()) -> CostStatement:
    """Hold the cost of an order against the ledger, and return it.

    Raises:
        CostsDisagree: they differ; each difference is named.
    """
    found = differences(costs, booked)
    if found:
        raise CostsDisagree(f"the costs of order {costs.number} do not agree: {'; '.join(found)}")
    return CostStatement(
        number=costs.number,
        done=costs.done,
        material=costs.material,
        labour=costs.labour,
        total=costs.total,
        cost_of_goods=cost_of_goods(costs) if costs.done else None,
    )
