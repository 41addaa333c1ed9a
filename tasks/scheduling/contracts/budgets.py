"""What a project may cost, and what it has cost."""

import datetime as dt
from typing import Protocol

from tasks.values import Id, Money, Value

__all__ = ["Budget", "Budgets", "ProjectCosts"]


class ProjectCosts(Value):
    """The costs of a project, by what they are for."""

    labour: Money
    material: Money
    #: travel, rent, what others did for us
    other: Money

    @property
    def total(self) -> Money:
        """All of it."""
        return self.labour + self.material + self.other


class Budget(Value):
    """What was allotted to a project; a later one takes the place of an earlier."""

    id: Id
    #: the key it was allotted with
    key: str
    project: Id
    planned: ProjectCosts


class Budgets(Protocol):
    """Plan and truth of what projects cost.

    Every method that takes a project raises NotFound when none has this id.
    """

    def find(self, key: str) -> Budget | None:
        """Return the budget that an earlier `allot` with this key set."""
        ...

    def allot(self, key: str, project: Id, planned: ProjectCosts) -> Budget:
        """Set what a project may cost from now on, or return what this key set before.

        A key that comes again late does not bring an older budget back.

        Raises:
            Rejected: an amount is below zero or in another currency than the project's books.
        """
        ...

    def planned(self, project: Id) -> ProjectCosts | None:
        """Return what a project may cost; None when nothing was allotted."""
        ...

    def actual(self, project: Id, until: dt.date) -> ProjectCosts:
        """Return what a project cost until a day, that day included.

        Labour is the timesheets'; material and other are what was booked on the project.
        """
        ...
