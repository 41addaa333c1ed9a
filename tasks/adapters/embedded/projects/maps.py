"""In which columns the embedded ERP keeps projects, tasks, hours, budgets and costs.

Amounts are left out: the columns have no currency, since the ERP has but one.
"""

from tasks.adapters.embedded.projects.cost_kinds import CostKind, ProjectCost
from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.scheduling.contracts import Budget, Project, ProjectTask, TimeEntry

PROJECTS = FieldMap(
    Project,
    "erp_project",
    reference("id", "project"),
    Field("name"),
    reference("customer", "customer", "customer_id"),
    reference("lead", "person", "lead_id"),
    Field("open"),
)

TASKS = FieldMap(
    ProjectTask,
    "erp_project_task",
    reference("id", "task"),
    reference("project", "project", "project_id"),
    Field("name"),
    Field("effort_hours"),
    Field("milestone"),
    Field("start"),
    Field("due"),
)

TIME_ENTRIES = FieldMap(
    TimeEntry,
    "erp_time_entry",
    reference("id", "time_entry"),
    Field("key"),
    reference("person", "person", "person_id"),
    reference("task", "task", "task_id"),
    Field("hours"),
    Field("on"),
)

BUDGETS = FieldMap(
    Budget,
    "erp_budget",
    reference("id", "budget"),
    Field("key"),
    reference("project", "project", "project_id"),
)

COSTS = FieldMap(
    ProjectCost,
    "erp_project_cost",
    reference("id", "project_cost"),
    Field("key"),
    reference("project", "project", "project_id"),
    Field("kind", read=CostKind, write=str),
    Field("on"),
    Field("text"),
)
