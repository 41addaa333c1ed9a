"""The plan of the shop floor in Tryton.

A work centre there is a name and a cost; when it is open and how much it does at once is in its
note. So is when a work begins: Tryton plans in days.
"""

import datetime as dt

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.placing import start_in_utc
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.notes import Notes
from tasks.adapters.tryton.production.floor import Floor, works_of
from tasks.adapters.tryton.production.maps import KIND, WORK_CENTRES, noted
from tasks.adapters.tryton.production.order_records import OrderRecords
from tasks.adapters.tryton.records import read
from tasks.erp_errors import Rejected
from tasks.scheduling.contracts import Operation, OperationState, WorkCentre
from tasks.values import Id

#: of a work centre whose note nobody wrote
_UNTOLD = {
    "hours_a_day": "8",
    "places": 1,
    "days": [1, 2, 3, 4, 5],
    "opens": "08:00",
    "zone": "UTC",
}
_UNDER_WAY = ("waiting", "assigned", "running")
_TO_DO = (OperationState.WAITING, OperationState.RUNNING)


class WorkCentres:
    """A `WorkCentreSchedule`."""

    def __init__(self, books: Books) -> None:
        self._tryton = books.tryton
        self._floor = Floor(books)
        self._orders = OrderRecords(books)
        self._notes = Notes(books.tryton, WORK_CENTRES.record)

    def work_centres(self) -> list[WorkCentre]:
        """Return all work centres, by name; those that only hold others are left out."""
        rows = self._tryton.search_read(WORK_CENTRES.record, [("children", "=", None)], ["name"])
        said = self._notes.latest([row["id"] for row in rows])
        centres = [
            read(WORK_CENTRES, noted(row, {**_UNTOLD, **said.get(row["id"], {})})) for row in rows
        ]
        return sorted(centres, key=lambda centre: (centre.name, centre.id))

    def operations(self, until: dt.date) -> list[Operation]:
        """Return what waits or runs and is due until a day."""
        due = [
            ("production.planned_date", "<=", until),
            ("production.state", "in", list(_UNDER_WAY)),
        ]
        return [one for one in self._floor.operations(due) if one.state in _TO_DO]

    def operations_of(self, order: Id) -> list[Operation]:
        """Return the operations of a production order, in the order they are done."""
        found = self._floor.operations(works_of([order]))
        if not found:
            self._orders.get(order)
        return found

    def place(self, operation: Id, start: dt.datetime) -> Operation:
        """Plan an operation to begin at an aware time."""
        return self._plan(operation, start_in_utc(start))

    def unplace(self, operation: Id) -> Operation:
        """Take an operation off the plan."""
        return self._plan(operation, None)

    def _plan(self, operation: Id, start: dt.datetime | None) -> Operation:
        found = self._get(operation)
        if found.state == OperationState.WAITING:
            if found.start == start:
                return found
            self._floor.place(number_of("operation", operation), start)
            return found.model_copy(update={"start": start})
        if start is not None or found.state != OperationState.CANCELLED:
            raise Rejected(
                f"operation {found.name!r} of {found.order} is {found.state}: "
                "only a waiting one is planned"
            )
        return found

    def _get(self, operation: Id) -> Operation:
        number = number_of("operation", operation)
        rows = self._tryton.search_read("production.work", [("id", "=", number)], ["production"])
        if not rows:
            raise no_such("operation", operation)
        # All of its order's: one alone does not know which comes before it.
        of_order = self._floor.operations(works_of([id_of(KIND, rows[0]["production"])]))
        return next(one for one in of_order if one.id == operation)
