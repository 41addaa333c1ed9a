"""Rows: one by its id, the lock on it, and the value that one says."""

from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, select

from tasks.adapters.field_map import FieldMap
from tasks.adapters.ids import no_such, number_of, numbers_of
from tasks.values import Id, Value

V = TypeVar("V", bound=Value)


def read(fields: FieldMap[V], row: Row[Any], **more: Any) -> V:
    """Return the value that a row says.

    Args:
        fields: whose columns the row has.
        row: as the database answered it.
        more: our fields that the map leaves out.
    """
    return fields.read(row._mapping, **more)  # noqa: SLF001 (SQLAlchemy's own name for it)


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
