"""Tryton for the suite: copies of the sample company, each with a server of its own.

It is installed and filled once on a machine, by `orchestrator tryton build`; a machine where
nobody has done that skips these tests, and CI makes it first and skips none.

A server is started for one database: one that appears later is never loaded, and every login to it
fails with `'res.user'` (8.0.12, where `Pool.__new__` makes the entry that `init` looks for).
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.building import DATABASE
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Postgres
from tasks.adapters.tryton.server.programs import ADMIN, Programs, Server, free_port
from tasks.adapters.tryton.server.template import Template, cache_folder
from tasks.adapters.tryton.session import Login
from tests import founding

#: the sample company, with what brings it back
_FOUNDED = "founded"


@dataclass(frozen=True)
class Company:
    """A copy of the sample company, and the server that serves it."""

    programs: Programs
    postgres: Postgres
    server: Server
    name: str
    password: str = field(repr=False)
    #: to make one takes half a second
    login: Login = field(repr=False)

    @property
    def address(self) -> Address:
        """Where it is, and who may log in."""
        return Address(self.server.url, self.name, ADMIN, self.password)

    @property
    def erp_url(self) -> str:
        """What `ERP_URL` says to reach it."""
        _, _, host = self.server.url.partition("//")
        return f"tryton+http://{ADMIN}:{self.password}@{host}/{self.name}"

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Lend a connection to its database, past Tryton."""
        with self.postgres.connected(self.name) as connection:
            yield connection

    def reset(self) -> None:
        """Make it what it was when it was made; its servers and logins go on."""
        with self.database() as connection:
            founding.restore(connection)

    @contextmanager
    def another_server(self, port: int | None = None) -> Iterator["Company"]:
        """Serve the same database by one more server, for a test that ends it.

        Args:
            port: that nobody listens on, else any.
        """
        with self.programs.serving(port or free_port(), [self.name]) as server:
            yield replace(self, server=server)


@dataclass(frozen=True)
class Companies:
    """Where the copies come from: one PostgreSQL server with the sample company as a template."""

    template: Template
    postgres: Postgres
    folder: Path
    numbers: Iterator[int]

    @contextmanager
    def company(self) -> Iterator[Company]:
        """Lend a company; the copy takes half a second, its server three.

        Tests that only read, or make things of their own, share one by a fixture of their module.
        """
        name = f"company_{next(self.numbers)}"
        self.postgres.copy(_FOUNDED, name)
        programs = Programs(self.template.installation, self.postgres, self.folder)
        try:
            with programs.serving(free_port(), [name]) as server:
                password = self.template.password
                login = Tryton(Address(server.url, name, ADMIN, password)).session.login
                yield Company(programs, self.postgres, server, name, password, login)
        finally:
            self.postgres.drop(name)


@contextmanager
def companies(folder: Path) -> Iterator[Companies]:
    """Run a PostgreSQL server for companies; skip where Tryton is not installed and filled.

    Args:
        folder: for the logs of Tryton's servers.
    """
    template = Template.of(cache_folder())
    if not template.is_made:
        if os.environ.get("CI"):
            pytest.fail("CI has no Tryton: `.ci/run` makes it by `orchestrator tryton build`")
        pytest.skip("Tryton is not made here: run `orchestrator tryton build` once, some minutes")
    packages = template.installation.packages
    with own_postgres(template.folder / "data", packages=packages) as postgres:
        postgres.copy(DATABASE, _FOUNDED)
        with postgres.connected(_FOUNDED) as connection:
            founding.remember(connection)
        yield Companies(template, postgres, folder, itertools.count(1))


@contextmanager
def connected(address: Address, **options: float) -> Iterator[Tryton]:
    """Lend a connection."""
    tryton = Tryton(address, **options)
    try:
        yield tryton
    finally:
        tryton.close()
