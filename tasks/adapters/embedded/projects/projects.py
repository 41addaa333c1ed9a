"""The projects of the embedded ERP.

A task is complete or not; one that is reopened is as far as it was before. Whatever changes a
project's tasks is done one after the other, so a task that is being invoiced is reopened before
that or not at all.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, select

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.projects.maps import PROJECTS
from tasks.adapters.embedded.projects.project_invoices import draft_invoice, find_invoice, net_of
from tasks.adapters.embedded.projects.tables import projects
from tasks.adapters.embedded.projects.task_records import (
    change_task,
    hold_project,
    hold_task,
    predecessors_of,
    project_number,
    tasks_of,
)
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read, row_of
from tasks.adapters.rules.placing import start_in_utc
from tasks.adapters.rules.projects import (
    billable,
    check_completable,
    check_plannable,
    check_reopenable,
    is_complete,
)
from tasks.scheduling.contracts import Project, ProjectInvoice, ProjectTask
from tasks.values import Id, Money


class Projects:
    """A `Projects`; `clock` says on which day an invoice is drafted."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def open(self) -> list[Project]:
        """Return the projects that are not closed, by name."""
        query = select(projects).where(projects.c.open).order_by(projects.c.name, projects.c.id)
        with self._database.reading() as connection:
            return [read(PROJECTS, row) for row in connection.execute(query)]

    def get(self, project: Id) -> Project:
        """Return one project."""
        with self._database.reading() as connection:
            return read(PROJECTS, row_of(connection, projects, "project", project))

    def tasks(self, project: Id) -> list[ProjectTask]:
        """Return the tasks of a project, in the order of its plan."""
        with self._database.reading() as connection:
            return tasks_of(connection, project_number(connection, project))

    def place(self, task: Id, start: dt.datetime) -> ProjectTask:
        """Plan a task to begin at an aware time."""
        return self._plan(task, start_in_utc(start))

    def unplace(self, task: Id) -> ProjectTask:
        """Take a task's time off the plan."""
        return self._plan(task, None)

    def complete(self, task: Id) -> ProjectTask:
        """Say that a task is done."""
        with self._held(task) as (connection, held):
            if is_complete(held):
                return held
            check_completable(held, predecessors_of(connection, held))
            return change_task(connection, task, complete=True)

    def reopen(self, task: Id) -> ProjectTask:
        """Say that a task is not done after all."""
        with self._held(task) as (connection, held):
            if not is_complete(held):
                return held
            check_reopenable(held)
            return change_task(connection, task, complete=False)

    def to_invoice(self, project: Id) -> Money:
        """Return the prices of what is complete and not invoiced, before tax."""
        return net_of(billable(self.tasks(project)))

    def find(self, key: str) -> ProjectInvoice | None:
        """Return what this key put on an invoice, whatever became of that."""
        with self._database.reading() as connection:
            return find_invoice(connection, key)

    def invoice(self, key: str, project: Id) -> ProjectInvoice | None:
        """Draft an invoice of what is complete and on none, or return this key's."""
        if known := self.find(key):
            return known
        with self._database.writing() as connection:
            held = hold_project(connection, project)
            # Looked for again: whoever used the key at the same time has committed by now.
            made = find_invoice(connection, key)
            return made or draft_invoice(connection, key, held, on=self._clock().date())

    def _plan(self, task: Id, start: dt.datetime | None) -> ProjectTask:
        with self._held(task) as (connection, held):
            check_plannable(held)
            return change_task(connection, task, start=start)

    @contextlib.contextmanager
    def _held(self, task: Id) -> Iterator[tuple[Connection, ProjectTask]]:
        with self._database.writing() as connection:
            yield connection, hold_task(connection, task)
