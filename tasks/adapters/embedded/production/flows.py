"""What buyers and the workshop will bring to the shelves and take from them, day by day.

An order takes its materials when it is planned to begin, at the latest when it is due, and brings
what is still good of it when it is due. What it has put aside is on the shelf until it starts.
"""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import func

from tasks.adapters.embedded.production.tables import (
    procurement_requests,
    production_materials,
    production_orders,
    production_scraps,
)
from tasks.adapters.embedded.stock.flows import Flow, flow
from tasks.adapters.embedded.stock.procurement import OPEN
from tasks.adapters.rules.production import PLANNED
from tasks.inventory.contracts import ProductionState


def planned_flows(numbers: Collection[int], on: dt.date) -> list[Flow]:
    """Return what of these products will have come and gone at a day's end."""
    request, order = procurement_requests.c, production_orders.c
    material, scrap = production_materials.c, production_scraps.c
    will_come = (
        order.product_id.in_(numbers)
        & order.state.in_((*PLANNED, ProductionState.RUNNING))
        & (order.due <= on)
    )
    return [
        flow(request.product_id, request.quantity, 1).where(
            request.product_id.in_(numbers), request.state.in_(OPEN), request.due <= on
        ),
        flow(order.product_id, order.quantity, 1).where(will_come),
        flow(order.product_id, scrap.quantity, -1)
        .join(production_scraps, scrap.order_id == order.id)
        .where(will_come),
        flow(material.product_id, material.planned, -1)
        .join(production_orders, order.id == material.order_id)
        .where(
            material.product_id.in_(numbers),
            order.state.in_(PLANNED),
            func.coalesce(order.start, order.due) <= on,
        ),
    ]
