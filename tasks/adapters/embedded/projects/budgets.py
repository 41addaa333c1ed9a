"""What projects may cost in the embedded ERP, and what they have cost."""

import datetime as dt

from tasks.accounting import Posting
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.projects.allotments import budget_of, find_budget, write_budget
from tasks.adapters.embedded.projects.cost_kinds import CostKind, ProjectCost
from tasks.adapters.embedded.projects.costs import bought_until, find_cost, write_cost
from tasks.adapters.embedded.projects.task_records import hold_project, project_number
from tasks.adapters.embedded.projects.time_entries import labour_until
from tasks.adapters.embedded.sql.database import Database
from tasks.scheduling.contracts import Budget, ProjectCosts
from tasks.values import Id, Money


class Budgets:
    """A `Budgets`, and the book of what is bought for projects.

    No contract of ours buys for a project, so the embedded ERP brings a way of its own:
    `book_cost` writes material and other costs down and posts them, and `actual` adds them to what
    the hours cost. In another ERP they come with its purchase orders.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: str) -> Budget | None:
        """Return the budget that this key set."""
        with self._database.reading() as connection:
            return find_budget(connection, key)

    def allot(self, key: str, project: Id, planned: ProjectCosts) -> Budget:
        """Set what a project may cost from now on, or return what this key set before."""
        if known := self.find(key):
            return known
        with self._database.writing() as connection:
            hold_project(connection, project)
            return write_budget(connection, key, project, planned)

    def planned(self, project: Id) -> ProjectCosts | None:
        """Return what a project may cost; None when nothing was allotted."""
        with self._database.reading() as connection:
            budget = budget_of(connection, project_number(connection, project))
        return None if budget is None else budget.planned

    def actual(self, project: Id, until: dt.date) -> ProjectCosts:
        """Return what a project cost until a day."""
        with self._database.reading() as connection:
            number = project_number(connection, project)
            bought = bought_until(connection, number, until)
            return ProjectCosts(
                labour=labour_until(connection, number, until),
                material=bought[CostKind.MATERIAL],
                other=bought[CostKind.OTHER],
            )

    def book_cost(
        self, key: str, project: Id, kind: CostKind, amount: Money, *, on: dt.date, text: str
    ) -> ProjectCost:
        """Post what was bought for a project, or return what this key posted.

        Args:
            amount: below zero for what a supplier gave back.

        Raises:
            NotFound: no project has this id.
            Rejected: the amount is nothing, finer than a cent or in another currency.
        """
        if known := self.find_cost(key):
            return known
        with self._database.writing() as connection:
            hold_project(connection, project)
            return write_cost(connection, key, project, kind, amount, on=on, text=text)

    def find_cost(self, key: str) -> ProjectCost | None:
        """Return what an earlier `book_cost` with this key posted."""
        with self._database.reading() as connection:
            return find_cost(connection, key)

    def postings(self, project: Id) -> list[Posting]:
        """Return what was bought for a project did to the accounts, in the order it happened.

        Raises:
            NotFound: no project has this id.
        """
        with self._database.reading() as connection:
            project_number(connection, project)
            return journal.postings(connection, project)
