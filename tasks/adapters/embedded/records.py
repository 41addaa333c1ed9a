"""One row by its id, or the sentence that there is none."""

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from tasks.adapters.embedded.ids import no_such, number_of
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
