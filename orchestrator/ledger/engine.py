"""The one door to SQL: a ledger is an engine and two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from orchestrator.broker import keepalive
from orchestrator.errors import ConfigurationError, InDoubt, InvalidInput, Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger import sqlite_turns
from orchestrator.ledger.ledger_time import hear_postgresql, hear_sqlite

#: PostgreSQL's codes for a table and for a column that is not there.
_UNDEFINED = ("42P01", "42703")
#: The beginnings of its codes for a server that ends, and for a line that is cut.
_GONE = ("57P", "08")


class Ledger:
    """Where everything that happened is written.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://…`.
        pooled: keep connections open between transactions. A process that forks must not.
        plans_once: PostgreSQL makes one plan of a statement that comes again and again, whatever
            its parameters: for a process that finds nearly all by keys. Where rows are many it
            would else make one for each step, which takes as long as to write the step.

    Raises:
        ConfigurationError: the URL names neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str, *, pooled: bool = True, plans_once: bool = False) -> None:
        self.engine = _engine(url, pooled=pooled)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if plans_once and not self.is_sqlite:
            sa.event.listen(self.engine, "connect", _plan_once)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes; it commits at the end, or rolls back on an error.

        Raises:
            Unavailable: the ledger does not answer; nothing has happened.
            InDoubt: it went away while it committed; what the block wrote may be there or not.
            InvalidInput: a text has a character that it cannot keep, or is too long.
        """
        with _answering(), self.engine.begin() as connection:
            yield connection
            with committing():
                connection.commit()

    @contextmanager
    def at_once(self) -> Iterator[sa.Connection]:
        """Lend a connection on which each statement is a transaction by itself.

        Whatever writes more than what may be lost stands in `committing`.

        Raises:
            Unavailable: the ledger does not answer.
            InvalidInput: a text has a character that it cannot keep, or is too long.
        """
        with _answering(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads, and on SQLite waits for no writer."""
        with _answering(), self.engine.connect() as connection:
            reading = connection.execution_options(**sqlite_turns.READS)
            with reading.begin():
                yield reading

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def committing() -> Iterator[None]:
    """Tell the end of a ledger that did not commit from one of which nobody knows.

    Raises:
        InDoubt: it went away; what was written before, or is in the block, may be there or not.
    """
    reach("ledger.committing")
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _is_refused(error):
            raise
        raise InDoubt(f"the ledger went away while it committed: {error.orig}") from error
    reach("ledger.committed")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        if _lacks_tables(error):
            raise Unavailable(
                f"the ledger's tables are not there yet, or are old ({_first_line(error)}): "
                "`orchestrator db upgrade` makes them"
            ) from error
        if isinstance(error, ProgrammingError):
            raise
        raise Unavailable(f"the ledger does not answer: {error.orig}") from error
    except DataError as error:
        raise InvalidInput(f"the ledger cannot keep a value: {_first_line(error)}") from error
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"the ledger cannot keep {error.object[:200]!r}: {error.object[error.start]!r} is half "
            "of a character; on a command line, a byte that is not UTF-8"
        ) from error


def _plan_once(connection: Any, _record: object) -> None:
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.commit()


def _lacks_tables(error: DBAPIError) -> bool:
    said = str(error.orig)
    undefined = getattr(error.orig, "sqlstate", None) in _UNDEFINED
    return undefined or said.startswith(("no such table", "no such column"))


def _is_refused(error: DBAPIError) -> bool:
    """Say whether the ledger answered that it has not committed."""
    if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_FULL":
        return True
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and not state.startswith(_GONE)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]


def _engine(url: str, *, pooled: bool) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigurationError(
            f"{url!r} is no ledger URL: write sqlite:///path or postgresql+psycopg://host/name"
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            f"the ledger cannot live on {parsed.get_backend_name()!r}: "
            "use sqlite:///path or postgresql+psycopg://host/name"
        )
    options: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    if pooled and parsed.database:  # an SQLite in memory has one connection
        options["pool_use_lifo"] = True  # the last in use: it has statements and pages at hand
    if parsed.get_backend_name() == "postgresql":
        options["connect_args"] = {**keepalive.POSTGRESQL, **parsed.query}
        engine = sa.create_engine(parsed.set(drivername="postgresql+psycopg"), **options)
        sa.event.listen(engine, "checkout", partial(hear_postgresql, engine.dialect.loaded_dbapi))
        return engine
    engine = sa.create_engine(parsed, **options)
    sqlite_turns.take_turns(engine)
    sa.event.listen(engine, "checkout", hear_sqlite)
    return engine
