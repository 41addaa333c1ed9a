"""The projects: their tasks and milestones, and what of them can be invoiced."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Protocol

from pydantic import Field

from tasks.values import Id, Money, Value

__all__ = ["Allocation", "Project", "ProjectInvoice", "ProjectTask", "Projects"]


class Project(Value):
    """Work for a customer, or for ourselves."""

    id: Id
    name: str
    customer: Id | None
    #: who answers for it
    lead: Id | None
    open: bool


class Allocation(Value):
    """Who works on a task, with how much of the working day."""

    person: Id
    percent: Annotated[Decimal, Field(gt=0)]


class ProjectTask(Value):
    """A piece of work of a project; a milestone is one that the customer pays for when done."""

    id: Id
    project: Id
    name: str
    effort_hours: Decimal
    #: from 0 to 1, which is complete
    done: Annotated[Decimal, Field(ge=0, le=1)]
    milestone: bool
    people: tuple[Allocation, ...] = ()
    #: aware; None while it is not placed
    start: dt.datetime | None
    due: dt.date | None
    #: the tasks that must end first
    after: tuple[Id, ...] = ()
    #: what is invoiced when it is complete
    price: Money | None = None
    invoiced: bool = False


class ProjectInvoice(Value):
    """What of a project went on an invoice."""

    #: the draft invoice's own id: billing posts it
    id: Id
    #: the key it was made with
    key: str
    project: Id
    tasks: tuple[Id, ...]
    net: Money


class Projects(Protocol):
    """What we do for customers by the hour and by the milestone.

    Every method that takes an id raises NotFound when nothing has it.
    """

    def open(self) -> list[Project]:
        """Return the projects that are not closed, by name."""
        ...

    def get(self, project: Id) -> Project:
        """Return one project."""
        ...

    def tasks(self, project: Id) -> list[ProjectTask]:
        """Return the tasks of a project, in the order of its plan."""
        ...

    def place(self, task: Id, start: dt.datetime) -> ProjectTask:
        """Plan a task to begin at an aware time; the same time again changes nothing.

        Raises:
            Rejected: it is complete.
        """
        ...

    def unplace(self, task: Id) -> ProjectTask:
        """Take a task's time off the plan; one that is not placed stays.

        Raises:
            Rejected: it is complete.
        """
        ...

    def complete(self, task: Id) -> ProjectTask:
        """Say that a task is done; a complete one stays.

        Raises:
            Rejected: one that must end first is not complete.
        """
        ...

    def reopen(self, task: Id) -> ProjectTask:
        """Say that a task is not done after all; one that is not complete stays.

        Raises:
            Rejected: it is invoiced: credit that first.
        """
        ...

    def to_invoice(self, project: Id) -> Money:
        """Return the prices of what is complete and not invoiced, before tax."""
        ...

    def find(self, key: str) -> ProjectInvoice | None:
        """Return what an earlier `invoice` with this key put on an invoice."""
        ...

    def invoice(self, key: str, project: Id) -> ProjectInvoice | None:
        """Draft an invoice of what is complete and on none, or return this key's.

        None when there is nothing: a task is invoiced once, whatever the keys. It can be
        invoiced again when its draft is cancelled or its posted invoice is credited.

        Raises:
            Rejected: the project has no customer.
        """
        ...
