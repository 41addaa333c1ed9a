"""Companies in PostgreSQL that are lent to one test after the other.

To copy one takes up to half a second, and to bring it back as it was founded a tenth of that: each
keeps what it was founded with in a schema beside its tables, and what differs is written anew.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from tests.postgres import PostgresServer

#: each table's columns; the one that numbers its rows first
_SHAPE = """
    SELECT relname, array_agg(attname ORDER BY attname <> 'id', attname) FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY relname
"""
_KEEP = sql.SQL("CREATE TABLE founded.{0} AS TABLE public.{0}")
_DIFFERS = sql.SQL(
    "SELECT {1} WHERE EXISTS (TABLE public.{0} EXCEPT ALL TABLE founded.{0})"
    " OR EXISTS (TABLE founded.{0} EXCEPT ALL TABLE public.{0})"
)
_FILL = sql.SQL("DELETE FROM public.{0}; INSERT INTO public.{0} TABLE founded.{0}")
#: a new row gets the number after those that are there
_GO_ON = sql.SQL(
    "SELECT setval(pg_get_serial_sequence({1}, 'id'), coalesce(max(id), 1), count(*) > 0) FROM {0}"
)
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class LentCompanies:
    """Copies of a database with a company in it."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._returned: list[str] = []
        with self._connected(template) as connection:
            self._shape = dict(connection.execute(_SHAPE).fetchall())
            connection.execute("CREATE SCHEMA founded")
            connection.execute(_several("; ", _KEEP, self._shape))

    @contextmanager
    def company(self) -> Iterator[str]:
        """Lend a company as it was founded; give its URL."""
        name = self._returned.pop() if self._returned else self._server.create(self._template)
        try:
            yield self._server.url(name)
        finally:
            if self._is_brought_back(name):
                self._returned.append(name)
            else:
                self._server.drop(name)

    def _is_brought_back(self, name: str) -> bool:
        """Undo whatever was written; False when the tables themselves are others now."""
        with self._connected(name) as connection:
            connection.execute(_END_OTHERS)
            if dict(connection.execute(_SHAPE).fetchall()) != self._shape:
                return False
            differing = connection.execute(_several(" UNION ALL ", _DIFFERS, self._shape))
            written = [table for (table,) in differing]
            numbered = [table for table, columns in self._shape.items() if columns[0] == "id"]
            connection.execute("SET session_replication_role = replica")  # in any order of tables
            if written:
                connection.execute(_several("; ", _FILL, written))
            connection.execute(_several("; ", _GO_ON, numbered))
        return True

    def _connected(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self._server.url(name).replace("+psycopg", ""), autocommit=True)


def _several(between: LiteralString, statement: sql.SQL, tables: Iterable[str]) -> sql.Composed:
    """Return a statement for each table, as its identifier `{0}` and its name `{1}`."""
    each = (statement.format(sql.Identifier(table), table) for table in tables)
    return sql.SQL(between).join(each)
