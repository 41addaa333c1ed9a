"""The steps that gather what a production order costs, while it is made and when it is done."""

from orchestrator import Provided, task
from tasks.inventory.contracts import Costing, ProductionOrders, ProductionState
from tasks.shop_floor import BookedLabour, OrderCosts, PricedLabour
from tasks.values import Id


@task("inventory.book_labour")
def book_labour(
    order: Id,
    labour: PricedLabour,
    orders: Provided[ProductionOrders],
    costing: Provided[Costing],
) -> BookedLabour:
    """Write hours down on a running order, once a key, and read what it has cost with them."""
    booking = orders.book_work(labour.key, order, labour.person, hours=labour.hours, on=labour.on)
    return BookedLabour(
        booking=booking.id,
        key=booking.key,
        priced=labour.cost,
        booked=booking.cost,
        total=costing.of(order).total,
    )


@task("inventory.unbook_labour")
def unbook_labour(booking: Id, orders: Provided[ProductionOrders]) -> None:
    """Take hours back."""
    orders.unbook_work(booking)


@task("inventory.read_costs")
def read_costs(
    order: Id, orders: Provided[ProductionOrders], costing: Provided[Costing]
) -> OrderCosts:
    """Return what an order has cost until now, and what it did to the accounts."""
    found = orders.get(order)
    cost = costing.of(order)
    return OrderCosts(
        number=found.number,
        done=found.state is ProductionState.DONE,
        good=found.good.amount,
        material=cost.material,
        labour=cost.labour,
        total=cost.total,
        postings=tuple(costing.postings(order)),
    )
