"""The plan of the embedded ERP's shop floor.

An order's operations wait until it is done, then they are done too: nobody tells this ERP when
the work on one begins.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from tasks.adapters.embedded.production.records import KIND
from tasks.adapters.embedded.production.tables import production_operations, production_orders
from tasks.adapters.embedded.production.workshop_tables import work_centres
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import id_of
from tasks.adapters.rules.placing import start_in_utc
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProductionState
from tasks.scheduling.contracts import Operation, OperationState, WorkCentre
from tasks.values import Id

_UNDER_WAY = (ProductionState.RELEASED, ProductionState.RESERVED, ProductionState.RUNNING)
_TO_DO = (OperationState.WAITING, OperationState.RUNNING)


class WorkCentres:
    """A `WorkCentreSchedule`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def work_centres(self) -> list[WorkCentre]:
        """Return all work centres, by name."""
        query = select(work_centres).order_by(work_centres.c.name, work_centres.c.id)
        with self._database.reading() as connection:
            return [_work_centre(row) for row in connection.execute(query)]

    def operations(self, until: dt.date) -> list[Operation]:
        """Return what waits or runs and is due until a day."""
        order = production_orders.c
        asked = (order.due <= until) & order.state.in_(_UNDER_WAY)
        with self._database.reading() as connection:
            found = _operations(connection, asked)
        return [operation for operation in found if operation.state in _TO_DO]

    def operations_of(self, order: Id) -> list[Operation]:
        """Return the operations of a production order, in the order they are done."""
        with self._database.reading() as connection:
            row = row_of(connection, production_orders, KIND, order)
            return _operations(connection, production_orders.c.id == row.id)

    def place(self, operation: Id, start: dt.datetime) -> Operation:
        """Plan an operation to begin at an aware time."""
        return self._plan(operation, start_in_utc(start))

    def unplace(self, operation: Id) -> Operation:
        """Take an operation off the plan."""
        return self._plan(operation, None)

    def _plan(self, operation: Id, start: dt.datetime | None) -> Operation:
        with self._database.writing() as connection:
            row = row_of(connection, production_operations, "operation", operation)
            waits = (production_operations.c.id == row.id) & (
                production_operations.c.state == OperationState.WAITING
            )
            plan = update(production_operations).where(waits).values(start=start)
            changed = connection.execute(plan).rowcount
            found = _operations(connection, production_orders.c.id == row.order_id)
        planned = next(one for one in found if one.id == operation)
        if not changed and (start is not None or planned.state != OperationState.CANCELLED):
            raise Rejected(
                f"operation {planned.name!r} of {planned.order} is {planned.state}: "
                "only a waiting one is planned"
            )
        return planned


def _work_centre(row: Row[Any]) -> WorkCentre:
    return WorkCentre(
        id=id_of("work_centre", row.id),
        name=row.name,
        hours_a_day=row.hours_a_day,
        places=row.places,
        days=tuple(map(int, row.days.split(";"))),
        opens=row.opens,
        zone=row.zone,
    )


def _operations(connection: Connection, condition: ColumnElement[bool]) -> list[Operation]:
    """Return the operations of the orders that fit, the first due order first."""
    order = production_orders.c
    query = (
        select(production_operations, order.due)
        .join(production_orders, order.id == production_operations.c.order_id)
        .where(condition)
        .order_by(order.due, order.id, production_operations.c.id)
    )
    by_order = groupby(connection.execute(query), attrgetter("order_id"))
    return [operation for _, rows in by_order for operation in _in_turn(rows)]


def _in_turn(rows: Iterable[Row[Any]]) -> list[Operation]:
    """Return the operations of one order: each begins when the one before has ended."""
    made: list[Operation] = []
    for row in rows:
        made.append(
            Operation(
                id=id_of("operation", row.id),
                order=id_of(KIND, row.order_id),
                name=row.name,
                state=OperationState(row.state),
                work_centre=id_of("work_centre", row.work_centre_id),
                hours=row.hours,
                start=row.start,
                due=row.due,
                after=(made[-1].id,) if made else (),
            )
        )
    return made
