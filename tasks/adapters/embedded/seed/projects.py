"""Fills a new ERP with the sample company's projects: their plans, hours, budgets and costs."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from tasks.adapters.company.files import rows
from tasks.adapters.embedded.projects import tables
from tasks.adapters.embedded.projects.allotments import write_budget
from tasks.adapters.embedded.projects.closings import begin_closing
from tasks.adapters.embedded.projects.cost_kinds import CostKind
from tasks.adapters.embedded.projects.costs import write_cost
from tasks.adapters.embedded.projects.time_entries import write_entry
from tasks.adapters.embedded.sales.tables import customers, people
from tasks.adapters.embedded.seed.workshop import ZONE
from tasks.adapters.embedded.sql.codes import numbers_by_code
from tasks.adapters.ids import id_of
from tasks.adapters.rules.placing import start_in_utc
from tasks.scheduling.contracts import ProjectCosts
from tasks.values import Money

#: before there was a labour rate, and so before hours were kept here
_CLOSED_UNTIL = dt.date(2022, 12, 31)
#: when people come to work
_MORNING = dt.time(8)


def load_projects(connection: Connection, now: dt.datetime) -> None:
    """Load them; customers, people, their labour rates and the accounts are there."""
    monday = now.date() - dt.timedelta(days=now.weekday())
    staff = numbers_by_code(connection, people)
    _load_projects(connection, staff)
    numbers = numbers_by_code(connection, tables.projects)
    _load_tasks(connection, numbers, monday)
    tasks = numbers_by_code(connection, tables.project_tasks)
    _load_plan(connection, tasks, staff)
    begin_closing(connection, _CLOSED_UNTIL)
    _load_hours(connection, tasks, staff, monday)
    _load_money(connection, numbers, monday)


def _load_projects(connection: Connection, staff: dict[str, int]) -> None:
    buyers = numbers_by_code(connection, customers)
    projects = [
        {
            "code": row["code"],
            "name": row["name"],
            "customer_id": buyers[row["customer"]] if row["customer"] else None,
            "lead_id": staff[row["lead"]],
            "open": row["open"],
        }
        for row in rows("projects")
    ]
    connection.execute(insert(tables.projects), projects)


def _load_tasks(connection: Connection, projects: dict[str, int], monday: dt.date) -> None:
    tasks = [
        {
            "code": row["code"],
            "project_id": projects[row["project"]],
            "position": position,
            "name": row["name"],
            "effort_hours": row["effort_hours"],
            "milestone": row["milestone"],
            "complete": row["done"] == 1,
            "progress": row["done"] % 1,
            "start": _start(row["start_day"], monday),
            "due": _day(row["due_day"], monday),
            "price": row["price"],
        }
        for position, row in enumerate(rows("project_tasks"), start=1)
    ]
    connection.execute(insert(tables.project_tasks), tasks)


def _load_plan(connection: Connection, tasks: dict[str, int], staff: dict[str, int]) -> None:
    predecessors = [
        {"task_id": tasks[row["code"]], "predecessor_id": tasks[predecessor]}
        for row in rows("project_tasks")
        for predecessor in row["after"]
    ]
    connection.execute(insert(tables.task_predecessors), predecessors)
    allocations = [
        {
            "task_id": tasks[row["task"]],
            "person_id": staff[row["person"]],
            "percent": row["percent"],
        }
        for row in rows("project_allocations")
    ]
    connection.execute(insert(tables.allocations), allocations)


def _load_hours(
    connection: Connection, tasks: dict[str, int], staff: dict[str, int], monday: dt.date
) -> None:
    for position, row in enumerate(rows("time_entries"), start=1):
        write_entry(
            connection,
            f"time_entries.csv {position}",
            id_of("person", staff[row["person"]]),
            id_of("task", tasks[row["task"]]),
            hours=row["hours"],
            on=_day(row["day"], monday),
        )


def _load_money(connection: Connection, projects: dict[str, int], monday: dt.date) -> None:
    for position, row in enumerate(rows("project_budgets"), start=1):
        project = id_of("project", projects[row["project"]])
        key = f"project_budgets.csv {position}"
        write_budget(connection, key, project, _planned(row))
    for position, row in enumerate(rows("project_costs"), start=1):
        write_cost(
            connection,
            f"project_costs.csv {position}",
            id_of("project", projects[row["project"]]),
            CostKind(row["kind"]),
            Money(amount=row["amount"]),
            on=_day(row["day"], monday),
            text=row["text"],
        )


def _planned(row: dict[str, Any]) -> ProjectCosts:
    return ProjectCosts(
        labour=Money(amount=row["labour"]),
        material=Money(amount=row["material"]),
        other=Money(amount=row["other"]),
    )


def _day(number: int, monday: dt.date) -> dt.date:
    return monday + dt.timedelta(days=number)


def _start(number: int | None, monday: dt.date) -> dt.datetime | None:
    if number is None:
        return None
    return start_in_utc(dt.datetime.combine(_day(number, monday), _MORNING, ZoneInfo(ZONE)))
