"""The door to SQL: two kinds of transaction, and the database's refusals in the ERP's words."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from tasks.adapters.embedded.sql.sqlite_mode import is_busy, share_between_processes
from tasks.erp_errors import Busy, Conflict, Rejected, Unavailable

#: longer than any transaction here takes, shorter than a step may
LOCK_SECONDS = 10

#: PostgreSQL's SQLSTATEs for: lock not available, serialisation failure, deadlock
_BUSY_STATES = frozenset({"55P03", "40001", "40P01"})


class Database:
    """Transactions on one database; connects when the first one begins.

    Args:
        url: SQLAlchemy's.
        patience: how many seconds a transaction waits for another's lock.
    """

    def __init__(self, url: str, *, patience: int = LOCK_SECONDS) -> None:
        self._engine = _engine(url, patience)
        self._snapshots = _snapshots(self._engine)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; all it reads is of one moment."""
        with _in_words_of_the_erp(), self._snapshots.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes: all of it is kept, or none."""
        with _in_words_of_the_erp(), self._engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                yield writer

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def insert_missing(connection: Connection, table: Table, **columns: Any) -> None:
    """Insert a row, unless one with the same key is there."""
    connection.execute(_insert_or_nothing(connection, table, columns))


def insert_new(connection: Connection, table: Table, **columns: Any) -> int | None:
    """Insert a row and return its id; None when one with the same key is there.

    PostgreSQL waits here until whoever is inserting the same key has committed.
    """
    made = _insert_or_nothing(connection, table, columns)
    number: int | None = connection.execute(made.returning(table.c.id)).scalar()
    return number


def _insert_or_nothing(connection: Connection, table: Table, columns: dict[str, Any]) -> Insert:
    # Both dialects say ON CONFLICT, but SQLAlchemy has an insert for each.
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert: Insert = dialect.insert(table).values(columns).on_conflict_do_nothing()
    return insert


@contextlib.contextmanager
def _in_words_of_the_erp() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise Rejected(f"the ERP's database does not take a value: {error.orig}") from error
    except IntegrityError as error:
        raise Conflict(f"somebody else changed this first: read it again ({error.orig})") from error
    except OperationalError as error:
        if _is_busy(error):
            raise Busy(f"the ERP's database is locked by somebody else: {error.orig}") from error
        raise Unavailable(f"the ERP's database does not answer: {error.orig}") from error


def _is_busy(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _BUSY_STATES or is_busy(error.orig)


def _snapshots(engine: Engine) -> Engine:
    # On PostgreSQL each statement would see its own moment: an invoice that is open, and then the
    # payment that closed it. SQLite's readers have a snapshot anyway.
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def _engine(url: str, patience: int) -> Engine:
    if url.startswith("postgresql"):
        options = f"-c lock_timeout={patience}s"
        return create_engine(url, connect_args={"options": options}, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": patience})
    share_between_processes(engine, patience=patience)
    return engine
