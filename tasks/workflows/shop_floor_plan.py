"""The plan of the shop floor is written by one at a time: two who look would take one place."""

from typing import Any

from orchestrator import Resource, Step
from tasks.workflows.erp_access import asks_erp

#: How many operations a work centre does at once is the work centre's own and judged by the rule
#: that places them; which work centres an order needs is known only when it runs, and permits
#: are named before. So the plan as a whole is what is held, for the moment it takes to look and
#: place.
SHOP_FLOOR_PLAN = Resource(name="shop-floor-plan", type="lock")


def places(name: str, *, order: str, **more: Any) -> Step:
    """Return a step that places what an order has to do and has no time yet.

    Args:
        order: a reference to the order's id.
        more: other inputs, and fields of the step.
    """
    return asks_erp(
        name,
        "scheduling.place_operations",
        inputs={"order": order, **more.pop("inputs", {})},
        permits={SHOP_FLOOR_PLAN.name: "exclusive"},
        **more,
    )
