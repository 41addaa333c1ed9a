"""A project office to try the contracts in: what a test says of it, in one line each."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from tasks.adapters import ERP
from tasks.adapters.company.files import rows
from tasks.billing.contracts import Invoice
from tasks.scheduling.contracts import Project, ProjectCosts, ProjectTask, TimeEntry
from tasks.values import Id, Money, Person

TODAY = dt.datetime.now(dt.UTC).date()

#: two of its milestones are complete and not invoiced: 4200.00 and 16900.00
LIGHTING = "Lighting of the assembly hall"
#: nothing of it is complete
PANELS = "Pump panels for the Mustasaari waterworks"


@dataclass(frozen=True)
class ProjectOffice:
    """An ERP, and the short ways to what its projects do."""

    erp: ERP

    def project(self, name: str = LIGHTING) -> Project:
        """Return an open project by its name."""
        return next(one for one in self.erp.projects.open() if one.name == name)

    def closed(self) -> Project:
        """Return the closed one: no method lists it, and it is the last of the company's."""
        return self.erp.projects.get(f"project:{len(rows('projects'))}")

    def task(self, name: str, project: str = LIGHTING) -> ProjectTask:
        """Return a task by its name."""
        tasks = self.erp.projects.tasks(self.project(project).id)
        return next(one for one in tasks if one.name == name)

    def worker(self) -> Person:
        """Return somebody whose hour costs 33.00 EUR, and 31.50 before 2026."""
        return next(one for one in self.erp.people.all() if one.name == "Riikka Suominen")

    def book(
        self, key: str = "k", hours: str = "2", on: dt.date = TODAY, task: Id | None = None
    ) -> TimeEntry:
        """Write hours down, on the specification of the pump panels where no task is named."""
        worked_on = task or self.task("Specification with the waterworks", PANELS).id
        return self.erp.timesheets.book(
            key, self.worker().id, worked_on, hours=Decimal(hours), on=on
        )

    def invoiced(self, key: str = "k", project: str = LIGHTING) -> Invoice:
        """Invoice a project, and return the draft as billing sees it."""
        made = self.erp.projects.invoice(key, self.project(project).id)
        assert made is not None
        return self.erp.receivables.get(made.id)


def costs(labour: str = "0", material: str = "0", other: str = "0") -> ProjectCosts:
    """Return costs of so many euros."""
    return ProjectCosts(labour=Money.of(labour), material=Money.of(material), other=Money.of(other))
