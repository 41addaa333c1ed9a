"""What scheduling needs from the ERP: people, work centres, projects, hours and budgets.

Everything that creates takes the caller's `key`: calling it again with the same key returns
what the first call made, whatever else is passed.
"""

from tasks.scheduling.contracts.budgets import Budget, Budgets, ProjectCosts
from tasks.scheduling.contracts.people import LabourRates, PersonRepository
from tasks.scheduling.contracts.projects import (
    Allocation,
    Project,
    ProjectInvoice,
    Projects,
    ProjectTask,
)
from tasks.scheduling.contracts.timesheets import TimeEntry, Timesheets
from tasks.scheduling.contracts.work_centres import (
    Operation,
    OperationState,
    WorkCentre,
    WorkCentreSchedule,
)
from tasks.values import Person

__all__ = [
    "Allocation",
    "Budget",
    "Budgets",
    "LabourRates",
    "Operation",
    "OperationState",
    "Person",
    "PersonRepository",
    "Project",
    "ProjectCosts",
    "ProjectInvoice",
    "ProjectTask",
    "Projects",
    "TimeEntry",
    "Timesheets",
    "WorkCentre",
    "WorkCentreSchedule",
]
