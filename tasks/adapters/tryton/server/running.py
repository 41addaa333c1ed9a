"""A Tryton with the sample company, for as long as somebody wants it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.server.building import DATABASE, Tell, build
from tasks.adapters.tryton.server.installation import Installation
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Place, Postgres, Sqlite
from tasks.adapters.tryton.server.programs import ADMIN, Programs, Server
from tasks.adapters.tryton.server.template import Template


@dataclass(frozen=True)
class Running:
    """A Tryton that runs.

    Attributes:
        server: its process.
        database: the one with the company in it.
        password: of the user `ADMIN`.
    """

    server: Server
    database: str
    password: str = field(repr=False)

    @property
    def address(self) -> Address:
        """Where it is, and who may log in."""
        return Address(self.server.url, self.database, ADMIN, self.password)

    @property
    def erp_url(self) -> str:
        """What the setting `ERP_URL` says to reach it."""
        _, _, host = self.server.url.partition("//")
        return f"tryton+http://{ADMIN}:{quote(self.password, safe='')}@{host}/{self.database}"


@contextmanager
def served_copy(template: Template, port: int, logs: Path) -> Iterator[Running]:
    """Serve a copy of the company, which is gone when the block ends.

    Args:
        template: that is made.
        port: of loopback.
        logs: a folder for the server's log and settings.
    """
    with _copy(template) as place:
        programs = Programs(template.installation, place, logs)
        with programs.serving(port, [DATABASE]) as server:
            yield Running(server, DATABASE, template.password)


@contextmanager
def served_at(
    installation: Installation, url: str, password: str, port: int, logs: Path, tell: Tell
) -> Iterator[Running]:
    """Serve a database of a named PostgreSQL server, which is made if it is not there, and stays.

    Args:
        installation: of Tryton, that is made.
        url: `postgresql://user:password@host/database`.
        password: its user `ADMIN` has, or is to have.
        port: of loopback.
        logs: a folder for the server's log and settings.
        tell: told what is done next.
    """
    place, database = Postgres(url), url.partition("?")[0].rpartition("/")[2] or DATABASE
    if not place.has(database):
        build(installation, place, database, password, tell)
    with Programs(installation, place, logs).serving(port, [database]) as server:
        yield Running(server, database, password)


@contextmanager
def _copy(template: Template) -> Iterator[Place]:
    if template.kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="erp-") as folder:
            place = Sqlite(Path(folder))
            place.copy_from(template.folder, DATABASE)
            yield place
        return
    packages = template.installation.packages
    with own_postgres(template.folder / "data", packages=packages) as server:
        yield server
