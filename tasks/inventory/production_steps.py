"""The steps that take a production order from the plan to the shelf, and those that undo them."""

import datetime as dt

from orchestrator import Attempt, Provided, task
from orchestrator.errors import OrchestratorError
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    ProductionOrder,
    ProductionOrders,
    ProductionState,
    ProductRepository,
    Reservation,
)
from tasks.values import Id, Quantity


class MaterialsMissing(OrchestratorError):
    """What an order takes is not on the shelf yet; tried again, it may be."""


@task("inventory.create_production_order")
def create_production_order(
    key: str,
    product: Id,
    quantity: Quantity,
    due: dt.date,
    orders: Provided[ProductionOrders],
    attempt: Attempt,
    start: dt.date | None = None,
) -> ProductionOrder:
    """Plan an order, or return the one that this key made before."""
    earlier = orders.find(key)
    if earlier is not None and attempt.number == 1:
        attempt.warn(f"order {earlier.number} was made with this key before: no second one is")
    return earlier or orders.create(key, product, quantity, due=due, start=start)


@task("inventory.cancel_production_order")
def cancel_production_order(order: Id, orders: Provided[ProductionOrders]) -> ProductionOrder:
    """Cancel an order; what it reserved or consumed goes back to the shelf."""
    return orders.cancel(order)


@task("inventory.release_production_order")
def release_production_order(order: Id, orders: Provided[ProductionOrders]) -> ProductionOrder:
    """Give an order to the shop floor: from now on it has operations."""
    return orders.release(order)


@task("inventory.reserve_materials")
def reserve_materials(order: Id, orders: Provided[ProductionOrders]) -> Reservation:
    """Put aside what is on the shelf for an order, and say what is missing."""
    return orders.reserve(order)


@task("inventory.complete_reservation")
def complete_reservation(
    order: Id, orders: Provided[ProductionOrders], products: Provided[ProductRepository]
) -> Reservation:
    """Put aside what was still missing.

    Raises:
        MaterialsMissing: something is missing yet.
    """
    reservation = orders.reserve(order)
    if not reservation.complete:
        told = ", ".join(
            f"{one.quantity} of {products.get(one.product).code}" for one in reservation.missing
        )
        raise MaterialsMissing(f"order {orders.get(order).number} lacks {told}")
    return reservation


@task("inventory.unreserve_materials")
def unreserve_materials(order: Id, orders: Provided[ProductionOrders]) -> ProductionOrder:
    """Give back what was put aside; once it is consumed, cancelling the order gives it back."""
    found = orders.get(order)
    if found.state is ProductionState.RUNNING:
        return found
    return orders.unreserve(order)


@task("inventory.start_production")
def start_production(order: Id, orders: Provided[ProductionOrders]) -> ProductionOrder:
    """Consume the materials of an order: its making begins."""
    return orders.start(order)


@task("inventory.finish_production")
def finish_production(
    order: Id, orders: Provided[ProductionOrders], attempt: Attempt
) -> ProductionOrder:
    """Put what is good on the shelf; from here nothing leads back.

    Raises:
        Rejected: a gate is closed, or the order is not running.
    """
    done = orders.finish(order)
    if done.state is not ProductionState.DONE:
        raise Rejected(f"order {done.number} was to be finished, and is {done.state}")
    if done.scrapped:
        attempt.warn(f"order {done.number} brought {done.good} of {done.quantity}")
    return done
