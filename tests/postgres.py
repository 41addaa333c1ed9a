"""A PostgreSQL server for the suite, in which each test has a database of its own."""

import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from orchestrator.local.postgres import FAST, PostgresPrograms
from orchestrator.local.process import tail

START_SECONDS = 30
MANY = "max_connections=200"


@dataclass
class PostgresServer:
    """A running server in which each test makes its own database.

    Attributes:
        launch: starts the server's process on a port.
        folder: where its user may write.
    """

    port: int
    launch: Callable[[int], subprocess.Popen[bytes]]
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _emptied: list[str] = field(default_factory=list, init=False)
    #: of templates, by name
    _migrations: dict[str, list[tuple[str]]] = field(default_factory=dict, init=False)

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        self._process = self.launch(self.port)
        _wait(self._process, self, self.folder / "server.log")

    def stop(self) -> None:
        """End it at once, as a crash does: nobody needs a checkpoint."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=20)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of another; return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, database: str) -> None:
        """Remove a database and whoever is still connected to it."""
        self._run("DROP DATABASE {} WITH (FORCE)", database)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Lend a database that lives as long as the block; give its URL."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    @contextmanager
    def ledger(self, template: str) -> Iterator[str]:
        """Lend a copy of an empty ledger; give its URL.

        It is emptied and lent again: to copy one and drop it takes ten times as long, and a
        third of the suite's tests want one. One that a test left at another migration is not.
        """
        if template not in self._migrations:
            with self._connected(template) as connection:
                self._migrations[template] = _migration(connection)
        name = self._emptied.pop() if self._emptied else self.create(template)
        try:
            yield self.url(name)
        finally:
            with self._connected(name) as connection:
                is_as_lent = _migration(connection) == self._migrations[template]
                if is_as_lent:
                    _empty(connection)
            if is_as_lent:
                self._emptied.append(name)
            else:
                self.drop(name)

    def answers(self) -> bool:
        """Whether it takes connections yet."""
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: str, *names: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connected(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )


def _migration(connection: psycopg.Connection) -> list[tuple[str]]:
    return connection.execute("SELECT version_num FROM orchestrator_migrations").fetchall()


def _empty(connection: psycopg.Connection) -> None:
    """Take all rows from a ledger, and everybody who is still connected."""
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = {name for (name,) in found} - {"orchestrator_migrations"}
    ours = {name for name in names if name.startswith("orchestrator_")}
    # The log's triggers let nobody take an event from it, and this is no use of the ledger.
    connection.execute("SET session_replication_role = replica")
    if used := _used(connection, ours):
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(_listed(used)))
    if names > ours:
        connection.execute(sql.SQL("DROP TABLE {}").format(_listed(names - ours)))


def _used(connection: psycopg.Connection, tables: Iterable[str]) -> set[str]:
    """Return those of some tables that have rows, or whose numbers have begun.

    To empty a table takes milliseconds, also where it is empty.
    """
    counted = connection.execute(
        "SELECT tablename FROM pg_sequences JOIN pg_tables USING (schemaname) "
        "WHERE last_value IS NOT NULL AND sequencename LIKE tablename || '\\_%'"
    )
    has_rows = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    each = [has_rows.format(table, sql.Identifier(table)) for table in sorted(tables)]
    filled = connection.execute(sql.SQL(" UNION ALL ").join(each))
    return {name for (name,) in (*counted, *filled)}


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, sorted(names)))


@contextmanager
def postgres(*options: str) -> Iterator[PostgresServer]:
    """Run a server on a free port until the block ends.

    Args:
        options: settings such as `synchronous_commit=on`, over those of `FAST`.
    """
    # Not under pytest's folder: that is closed to the user the server runs as.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        programs = PostgresPrograms.reachable_from(folder)
        programs.own(folder)
        programs.initialise(folder / "data")

        def launch(port: int) -> subprocess.Popen[bytes]:
            listening = ("-h", "127.0.0.1", "-p", str(port), "-k", str(folder))
            return programs.launch(folder / "data", listening, (*FAST, MANY, *options))

        server = PostgresServer(_free_port(), launch, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _wait(process: subprocess.Popen[bytes], server: PostgresServer, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start on port {server.port}:\n{tail(log)}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
