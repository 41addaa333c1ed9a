"""Keys that are free again once what they made is taken back."""

from sqlalchemy import Index, Table


def key_until_taken_back(table: Table) -> Index:
    """Keep a key unique among the rows of a table that are not `taken_back`."""
    stands = ~table.c.taken_back
    name = f"{table.name}_key"
    return Index(name, table.c.key, unique=True, sqlite_where=stands, postgresql_where=stands)
