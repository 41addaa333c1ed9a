"""Hours on tasks as rows and back, each written at the person's rate on its day.

As in Tryton, hours are no entry of the general ledger: what a person costs us is booked by the
payroll, which is not ours.
"""

import datetime as dt
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, select, update

from tasks.adapters.embedded.currency import NOTHING, money
from tasks.adapters.embedded.production.labour_rates import rate_of
from tasks.adapters.embedded.projects.maps import TIME_ENTRIES
from tasks.adapters.embedded.projects.tables import project_tasks, time_entries
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import number_of
from tasks.adapters.rules.production import check_hours
from tasks.erp_errors import Conflict
from tasks.scheduling.contracts import TimeEntry
from tasks.values import Id, Money

_STANDS = ~time_entries.c.taken_back


def write_entry(
    connection: Connection, key: str, person: Id, task: Id, *, hours: Decimal, on: dt.date
) -> TimeEntry:
    """Write hours down, or return what this key wrote down.

    Args:
        task: there is one with this id.

    Raises:
        NotFound: nobody has this id, or the person has no rate on that day.
        Rejected: the hours are not positive.
        Conflict: this key's were written down and taken back since somebody looked.
    """
    check_hours(hours)
    cost = (rate_of(connection, person, on) * hours).rounded()
    insert_new(
        connection,
        time_entries,
        key=key,
        person_id=number_of("person", person),
        task_id=number_of("task", task),
        hours=hours,
        on=on,
        cost=cost.amount,
    )
    made = find_entry(connection, key)
    if made is None:
        raise Conflict(f"what {key!r} booked was taken back meanwhile: book it again")
    return made


def find_entry(connection: Connection, key: str) -> TimeEntry | None:
    """Return what this key wrote down, and nobody took back."""
    return next(iter(_entries(connection, time_entries.c.key == key)), None)


def entries_until(connection: Connection, project: int, until: dt.date) -> list[TimeEntry]:
    """Return what was worked on a project until a day, by day."""
    its_tasks = select(project_tasks.c.id).where(project_tasks.c.project_id == project)
    worked = time_entries.c.task_id.in_(its_tasks) & (time_entries.c.on <= until)
    return _entries(connection, worked)


def labour_until(connection: Connection, project: int, until: dt.date) -> Money:
    """Return what the hours on a project cost until a day."""
    worked = entries_until(connection, project, until)
    return sum((entry.cost for entry in worked), NOTHING)


def cross_out(connection: Connection, entry: int) -> None:
    """Take an entry back; its row stays, so that its id is known."""
    mine = time_entries.c.id == entry
    connection.execute(update(time_entries).where(mine).values(taken_back=True))


def _entries(connection: Connection, condition: ColumnElement[bool]) -> list[TimeEntry]:
    query = select(time_entries).where(condition, _STANDS)
    return [
        read(TIME_ENTRIES, row, cost=money(row.cost))
        for row in connection.execute(query.order_by(time_entries.c.on, time_entries.c.id))
    ]
