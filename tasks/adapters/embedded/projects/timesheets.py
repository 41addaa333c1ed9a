"""The hours of people on projects, in the embedded ERP."""

import datetime as dt
from decimal import Decimal

from tasks.adapters.embedded.projects.closings import check_day_open, close_days
from tasks.adapters.embedded.projects.invoiced import is_entry_invoiced
from tasks.adapters.embedded.projects.tables import time_entries
from tasks.adapters.embedded.projects.task_records import hold_task, project_number, tasks_of
from tasks.adapters.embedded.projects.time_entries import (
    cross_out,
    entries_until,
    find_entry,
    labour_until,
    write_entry,
)
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import id_of
from tasks.erp_errors import Rejected
from tasks.scheduling.contracts import TimeEntry
from tasks.values import Id, Money


class Timesheets:
    """A `Timesheets`, whose days can be closed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: str) -> TimeEntry | None:
        """Return what this key wrote down, and nobody took back."""
        with self._database.reading() as connection:
            return find_entry(connection, key)

    def book(self, key: str, person: Id, task: Id, *, hours: Decimal, on: dt.date) -> TimeEntry:
        """Write hours down at the person's rate, or return what this key wrote down."""
        if known := self.find(key):
            return known
        with self._database.writing() as connection:
            hold_task(connection, task)
            # Looked for again: whoever used the key at the same time has committed by now.
            if made := find_entry(connection, key):
                return made
            check_day_open(connection, on)
            return write_entry(connection, key, person, task, hours=hours, on=on)

    def unbook(self, entry: Id) -> None:
        """Take an entry back."""
        with self._database.writing() as connection:
            row = row_of(connection, time_entries, "time_entry", entry)
            hold_task(connection, id_of("task", row.task_id))
            # Read again: whoever took it back at the same time has committed by now.
            if row_of(connection, time_entries, "time_entry", entry).taken_back:
                return
            if is_entry_invoiced(connection, row.id):
                raise Rejected(
                    f"the hours of {entry} are invoiced and stay: credit their invoice first, "
                    "or cancel it while it is a draft"
                )
            check_day_open(connection, row.on)
            cross_out(connection, row.id)

    def entries(self, project: Id, until: dt.date) -> list[TimeEntry]:
        """Return a project's entries until a day, by day."""
        with self._database.reading() as connection:
            return entries_until(connection, project_number(connection, project), until)

    def hours(self, project: Id, until: dt.date) -> dict[Id, Decimal]:
        """Return the hours on each task of a project, in the order of its plan."""
        with self._database.reading() as connection:
            number = project_number(connection, project)
            worked = {task.id: Decimal(0) for task in tasks_of(connection, number)}
            for entry in entries_until(connection, number, until):
                worked[entry.task] += entry.hours
            return worked

    def cost(self, project: Id, until: dt.date) -> Money:
        """Return what those hours cost."""
        with self._database.reading() as connection:
            return labour_until(connection, project_number(connection, project), until)

    def close(self, until: dt.date) -> None:
        """Close all days until one: nothing is booked or taken back there any more.

        No contract asks for it: it is the embedded ERP's own, as closing a month is in others.
        """
        with self._database.writing() as connection:
            close_days(connection, until)
