"""Where Tryton's databases live: a PostgreSQL server or a folder of SQLite files."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from orchestrator.errors import Unavailable


class Place(Protocol):
    """What Tryton's programs, and whoever makes databases for them, need to know of a place."""

    @property
    def environment(self) -> Mapping[str, str]:
        """How the programs are told where it is."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What the section `database` of their file of settings says."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a database."""
        ...

    def create(self, name: str) -> None:
        """Make an empty database."""
        ...

    def drop(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        ...


class Postgres:
    """A PostgreSQL server.

    Args:
        url: `postgresql://user:password@host:5432`, or with `?host=` and a folder of sockets; a
            database in it is passed over.
        session: settings of the sessions of Tryton's programs, such as `jit=off`.
    """

    def __init__(self, url: str, session: Sequence[str] = ()) -> None:
        self._url = url
        self._session = tuple(session)

    @property
    def environment(self) -> Mapping[str, str]:
        """How the programs are told where it is: not in a file, the address may have a password."""
        options = " ".join(f"-c {setting}" for setting in self._session)
        return {"TRYTOND_DATABASE_URI": self._address(""), "PGOPTIONS": options}

    @property
    def settings(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def with_session(self, *session: str) -> "Postgres":
        """Return the same server with these settings of sessions."""
        return Postgres(self._url, session)

    def has(self, name: str) -> bool:
        """Whether there is such a database."""
        with self._connected() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [name]).fetchone() is not None

    def create(self, name: str) -> None:
        """Make an empty database."""
        self._run("CREATE DATABASE {} TEMPLATE template0", name)

    def copy(self, template: str, name: str) -> None:
        """Make a database like another, to which nobody is connected."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)

    def drop(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def answers(self) -> bool:
        """Whether it takes connections yet."""
        try:
            self.has("postgres")
        except Unavailable:
            return False
        return True

    @contextmanager
    def connected(self, name: str) -> Iterator[psycopg.Connection]:
        """Lend a connection to one of its databases."""
        with psycopg.connect(self._address(name), autocommit=True, connect_timeout=5) as lent:
            yield lent

    def _run(self, statement: str, *names: str) -> None:
        with self._connected() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        try:
            with self.connected("postgres") as connection:
                yield connection
        except psycopg.Error as error:
            raise Unavailable(f"PostgreSQL does not do what Tryton needs: {error}") from error

    def _address(self, name: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(scheme="postgresql", path=f"/{quote(name)}"))


class Sqlite:
    """A folder of SQLite files; not safe for several callers at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def environment(self) -> Mapping[str, str]:
        """How the programs are told where it is."""
        return {"TRYTOND_DATABASE_URI": "sqlite://"}

    @property
    def settings(self) -> Mapping[str, str]:
        """Where the files lie."""
        return {"path": str(self._folder)}

    def has(self, name: str) -> bool:
        """Whether there is such a database."""
        return self._file(name).is_file()

    def create(self, name: str) -> None:
        """Make an empty database: Tryton opens only a file that is there."""
        self._file(name).touch()

    def settle(self, name: str) -> None:
        """Write what is still in a database's log into its file, which is all that is copied."""
        with contextlib.closing(sqlite3.connect(self._file(name))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy_from(self, template: Path, name: str) -> None:
        """Make a database like the one in another folder."""
        shutil.copy(template / f"{name}.sqlite", self._file(name))

    def drop(self, name: str) -> None:
        """Remove a database; a log that stayed would put the old one back."""
        for tail in ("", "-wal", "-shm"):
            self._file(name, tail).unlink(missing_ok=True)

    def _file(self, name: str, tail: str = "") -> Path:
        return self._folder / f"{name}.sqlite{tail}"
