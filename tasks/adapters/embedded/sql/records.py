"""One row by its id: what it says, or the lock on it."""

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from tasks.adapters.ids import no_such, number_of, numbers_of
from tasks.values import Id


def row_of(connection: Connection, table: Table, kind: str, record: Id) -> Row[Any]:
    """Return the row that has an id of this kind.

    Raises:
        NotFound: nothing has it.
    """
    query = select(table).where(table.c.id == number_of(kind, record))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise no_such(kind, record)
    return row


def hold(connection: Connection, table: Table, kind: str, record: Id) -> None:
    """Lock the row that has an id of this kind; one that there is not is let pass."""
    row = select(table.c.id).where(table.c.id.in_(numbers_of(kind, [record])))
    connection.execute(row.with_for_update(key_share=True))  # on SQLite BEGIN IMMEDIATE has done it
