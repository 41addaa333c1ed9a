"""Where the ledger of a world lives: in a file or on a server, on a disk that can be filled."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.chaos.small_disk import SmallDisk, small_disk
from tests.postgres import PostgresServer

LEDGERS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Site:
    """A ledger, and what can be done to it.

    Attributes:
        server: its server, unless it is a file.
        disk: what it can fill, where disks can be mounted.
    """

    url: str
    server: PostgresServer | None = None
    disk: SmallDisk | None = None


def first_over(ledger: str) -> pytest.MarkDecorator:
    """Run a test over one ledger, and over both in the long form of the suite."""
    other = next(name for name in LEDGERS if name != ledger)
    both = [ledger, pytest.param(other, marks=pytest.mark.slow)]
    return pytest.mark.parametrize("site", both, indirect=True)


@contextmanager
def sqlite_site(template: Path, folder: Path) -> Iterator[Site]:
    """Lend an empty ledger in a file."""
    with small_disk(folder) as disk:
        yield Site(f"sqlite:///{shutil.copy(template, folder / 'ledger.db')}", None, disk)


@contextmanager
def postgres_site(server: PostgresServer, template: str) -> Iterator[Site]:
    """Lend an empty ledger in a database of its own."""
    with server.database(template) as url:
        database = url.rpartition("/")[2]
        folder = server.folder / f"disk-of-{database}"  # where the server's user may go
        with small_disk(folder) as disk:
            if disk is None:
                yield Site(url, server)
                return
            shutil.chown(folder, server.folder.owner())
            with _in_tablespace(server, database, folder):
                yield Site(url, server, disk)


@contextmanager
def _in_tablespace(server: PostgresServer, database: str, folder: Path) -> Iterator[None]:
    """Keep a database's tables on that disk, and the server's own log where it was.

    So a full disk is an error of one statement; for a full log the server ends itself.
    """
    address = f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small_{database} LOCATION '{folder}'")
        connection.execute(f"ALTER DATABASE {database} SET TABLESPACE small_{database}")
    try:
        yield
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [database],
            )
            connection.execute(f"ALTER DATABASE {database} SET TABLESPACE pg_default")
            connection.execute(f"DROP TABLESPACE small_{database}")
