"""The work centres, and when each operation is done on them."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

from tasks.values import Id, Value

__all__ = ["Operation", "OperationState", "WorkCentre", "WorkCentreSchedule"]


class WorkCentre(Value):
    """A place where work is done: a machine, a bench, a crew."""

    id: Id
    name: str
    #: how long it works on a working day
    hours_a_day: Decimal
    #: how many operations it does at the same time
    places: Annotated[int, Field(ge=1)] = 1
    #: its working days in the ISO week, Monday being 1
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    #: when its working day begins, by the clocks of `zone`
    opens: dt.time = dt.time(8)
    #: such as `Europe/Helsinki`
    zone: str = "UTC"


class OperationState(StrEnum):
    """Where an operation is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Operation(Value):
    """A piece of work of one production order."""

    id: Id
    order: Id
    name: str
    state: OperationState
    work_centre: Id
    hours: Decimal
    #: aware; None while it is not placed
    start: dt.datetime | None
    #: when the order is due
    due: dt.date
    #: the operations that must end first
    after: tuple[Id, ...] = ()


class WorkCentreSchedule(Protocol):
    """The plan of the shop floor.

    It keeps times and does not judge them: two operations may be placed upon each other.
    Whoever places holds a permit for the work centre while looking and placing.
    """

    def work_centres(self) -> list[WorkCentre]:
        """Return all work centres, by name."""
        ...

    def operations(self, until: dt.date) -> list[Operation]:
        """Return what waits or runs and is due until a day, that day included.

        Those of one order come together, in the order they are done; the first due order first.
        """
        ...

    def operations_of(self, order: Id) -> list[Operation]:
        """Return the operations of a production order, in the order they are done.

        Raises:
            NotFound: no production order has this id.
        """
        ...

    def place(self, operation: Id, start: dt.datetime) -> Operation:
        """Plan an operation to begin at an aware time; the same time again changes nothing.

        Raises:
            NotFound: no operation has this id.
            Rejected: it is not waiting.
        """
        ...

    def unplace(self, operation: Id) -> Operation:
        """Take an operation off the plan; one that is not placed stays.

        Raises:
            NotFound: no operation has this id.
            Rejected: it is running or done.
        """
        ...
