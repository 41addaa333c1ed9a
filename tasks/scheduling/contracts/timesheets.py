"""The hours that people worked on projects."""

import datetime as dt
from decimal import Decimal
from typing import Protocol

from tasks.values import Id, Money, Value

__all__ = ["TimeEntry", "Timesheets"]


class TimeEntry(Value):
    """Hours of one person on one task and day."""

    id: Id
    #: the key it was booked with
    key: str
    person: Id
    task: Id
    hours: Decimal
    on: dt.date
    #: the hours at the person's rate on that day
    cost: Money


class Timesheets(Protocol):
    """Who worked on what, and what that cost."""

    def find(self, key: str) -> TimeEntry | None:
        """Return what an earlier `book` with this key wrote down, and nobody took back."""
        ...

    def book(self, key: str, person: Id, task: Id, *, hours: Decimal, on: dt.date) -> TimeEntry:
        """Write hours down at the person's rate, or return what this key wrote down.

        Raises:
            NotFound: no person or task has this id, or the person has no rate on that day.
            Rejected: the hours are not positive, or the ERP books nothing on that day any more.
        """
        ...

    def unbook(self, entry: Id) -> None:
        """Take an entry back; taking it back twice is no error.

        Raises:
            NotFound: no entry ever had this id.
            Rejected: the hours are invoiced, or the day is closed.
        """
        ...

    def entries(self, project: Id, until: dt.date) -> list[TimeEntry]:
        """Return a project's entries until a day, that day included, by day.

        Raises:
            NotFound: no project has this id.
        """
        ...

    def hours(self, project: Id, until: dt.date) -> dict[Id, Decimal]:
        """Return the hours on each task of a project until a day, that day included.

        Raises:
            NotFound: no project has this id.
        """
        ...

    def cost(self, project: Id, until: dt.date) -> Money:
        """Return what those hours cost.

        Raises:
            NotFound: no project has this id.
        """
        ...
