"""The operations of a production order: made when it is released, closed with it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, update

from tasks.adapters.embedded.production.boms import work_of
from tasks.adapters.embedded.production.recipes import recipe_of
from tasks.adapters.embedded.production.records import KIND
from tasks.adapters.embedded.production.tables import production_operations, production_orders
from tasks.adapters.embedded.production.workshop_tables import work_centres
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import id_of
from tasks.adapters.rules.production import check_hours
from tasks.scheduling.contracts import OperationState
from tasks.values import CENT, Id


def open_operations(connection: Connection, order: int) -> None:
    """Make the operations that the order's recipe names, in their order."""
    row = row_of(connection, production_orders, KIND, id_of(KIND, order))
    recipe = recipe_of(connection, row.product_id)
    work = [] if recipe is None else work_of(connection, recipe)
    rows = [
        {
            "order_id": order,
            "name": step.name,
            "state": OperationState.WAITING,
            "work_centre_id": step.work_centre_id,
            "hours": _hours(step.setup_minutes + step.minutes * row.quantity),
        }
        for step in work
    ]
    if rows:
        connection.execute(insert(production_operations), rows)


def open_rework(
    connection: Connection,
    key: str,
    order: int,
    work_centre: Id,
    *,
    hours: Decimal,
    reason: str,
) -> None:
    """Add an operation after the others.

    Raises:
        NotFound: no work centre has this id.
        Rejected: the hours are not positive.
    """
    check_hours(hours)
    insert_new(
        connection,
        production_operations,
        order_id=order,
        name=f"Rework: {reason}",
        state=OperationState.WAITING,
        work_centre_id=row_of(connection, work_centres, "work_centre", work_centre).id,
        hours=hours,
        rework_key=key,
    )


def close_operations(connection: Connection, order: int) -> None:
    """Say that all work on an order is done."""
    _update(connection, order, state=OperationState.DONE)


def cancel_operations(connection: Connection, order: int) -> None:
    """Say that nobody will work on an order, and take it off the plan."""
    _update(connection, order, state=OperationState.CANCELLED, start=None)


def _update(connection: Connection, order: int, **columns: Any) -> None:
    mine = production_operations.c.order_id == order
    connection.execute(update(production_operations).where(mine).values(columns))


def _hours(minutes: Decimal) -> Decimal:
    """Return hours, to the hundredth."""
    return (minutes / 60).quantize(CENT)
