"""The tasks of projects as rows and back, and the lock under which they change.

Whoever changes a task, or books on it, holds its project first: of two who reopen and invoice at
once, the second finds the task as the first left it.
"""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.projects.invoiced import invoiced_among
from tasks.adapters.embedded.projects.maps import TASKS
from tasks.adapters.embedded.projects.tables import (
    allocations,
    project_tasks,
    projects,
    task_predecessors,
)
from tasks.adapters.embedded.sql import records
from tasks.adapters.ids import id_of, number_of, numbers_of
from tasks.scheduling.contracts import Allocation, ProjectTask
from tasks.values import Id


def hold_project(connection: Connection, project: Id) -> Row[Any]:
    """Lock a project and return its row.

    Raises:
        NotFound: no project has this id.
    """
    records.hold(connection, projects, "project", project)
    return records.row_of(connection, projects, "project", project)


def project_number(connection: Connection, project: Id) -> int:
    """Return the row's number of a project.

    Raises:
        NotFound: no project has this id.
    """
    number: int = records.row_of(connection, projects, "project", project).id
    return number


def hold_task(connection: Connection, task: Id) -> ProjectTask:
    """Lock a task's project and return the task.

    Raises:
        NotFound: no task has this id.
    """
    row = records.row_of(connection, project_tasks, "task", task)
    hold_project(connection, id_of("project", row.project_id))
    return read_tasks(connection, project_tasks.c.id == row.id)[0]


def change_task(connection: Connection, task: Id, **columns: Any) -> ProjectTask:
    """Write columns of a task that is held, and return what it is then."""
    mine = project_tasks.c.id == number_of("task", task)
    connection.execute(update(project_tasks).where(mine).values(columns))
    return read_tasks(connection, mine)[0]


def tasks_of(connection: Connection, project: int) -> list[ProjectTask]:
    """Return the tasks of a project, in the order of its plan."""
    return read_tasks(connection, project_tasks.c.project_id == project)


def predecessors_of(connection: Connection, task: ProjectTask) -> list[ProjectTask]:
    """Return the tasks that must end before this one."""
    return read_tasks(connection, project_tasks.c.id.in_(numbers_of("task", task.after)))


def read_tasks(connection: Connection, condition: ColumnElement[bool]) -> list[ProjectTask]:
    """Return the tasks that fit, in the order of their plan."""
    query = select(project_tasks).where(condition).order_by(project_tasks.c.position)
    rows = connection.execute(query).all()
    numbers = [row.id for row in rows]
    people = _people(connection, numbers)
    predecessors = _predecessors(connection, numbers)
    invoiced = invoiced_among(connection, numbers)
    return [
        records.read(
            TASKS,
            row,
            done=Decimal(1) if row.complete else row.progress,
            people=people[row.id],
            after=predecessors[row.id],
            price=None if row.price is None else money(row.price),
            invoiced=row.id in invoiced,
        )
        for row in rows
    ]


def _people(connection: Connection, tasks: Collection[int]) -> dict[int, list[Allocation]]:
    row = allocations.c
    query = select(allocations).where(row.task_id.in_(tasks)).order_by(row.person_id)
    people: defaultdict[int, list[Allocation]] = defaultdict(list)
    for allocation in connection.execute(query):
        person = id_of("person", allocation.person_id)
        people[allocation.task_id].append(Allocation(person=person, percent=allocation.percent))
    return people


def _predecessors(connection: Connection, tasks: Collection[int]) -> dict[int, list[Id]]:
    row = task_predecessors.c
    query = select(task_predecessors).where(row.task_id.in_(tasks)).order_by(row.predecessor_id)
    predecessors: defaultdict[int, list[Id]] = defaultdict(list)
    for task, predecessor in connection.execute(query):
        predecessors[task].append(id_of("task", predecessor))
    return predecessors
