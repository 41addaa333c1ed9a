"""Which row has which code: how the sample company's files name each other's rows."""

from sqlalchemy import Connection, Table, select


def numbers_by_code(connection: Connection, table: Table) -> dict[str, int]:
    """Return the number of each row of a table by its code."""
    return {row.code: row.id for row in connection.execute(select(table.c.code, table.c.id))}
