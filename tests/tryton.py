"""Tryton for the suite: copies of the sample company, each with a server of its own.

It is installed and filled once on a machine, by `orchestrator tryton build`; a machine where
nobody has done that skips these tests, and CI makes it first and skips none.

A server is started for one database: one that appears later is never loaded, and every login to it
fails with `'res.user'` (8.0.12, where `Pool.__new__` makes the entry that `init` looks for).
"""

import datetime as dt
import itertools
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.building import DATABASE
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Postgres
from tasks.adapters.tryton.server.programs import ADMIN, Programs, Server, free_port
from tasks.adapters.tryton.server.template import Template, cache_folder
from tasks.adapters.tryton.session import Login
from tasks.erp_errors import Busy, Unavailable


@dataclass(frozen=True)
class Company:
    """A copy of the sample company, and the server that serves it."""

    programs: Programs
    postgres: Postgres
    server: Server
    name: str
    password: str = field(repr=False)
    #: good for five minutes after each reset: to make one takes half a second
    login: Login = field(repr=False)
    #: what Tryton keeps of that login
    session: Mapping[str, Any] = field(repr=False)

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
        """Make it what it was when it was made, in a second; the server and the login go on.

        It has connections left to the database that is gone, as many as calls were made at once,
        and finds each out by a call that fails.
        """
        self.postgres.drop(self.name)
        self.postgres.copy(DATABASE, self.name)
        self._write_session()
        deadline = time.monotonic() + 10
        while not self._answers() and time.monotonic() < deadline:
            pass

    def _write_session(self) -> None:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        row = {**self.session, "create_date": now, "write_date": now}
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        values = sql.SQL(", ").join([sql.Placeholder()] * len(row))
        statement = sql.SQL("INSERT INTO ir_session ({}) VALUES ({})").format(names, values)
        with self.database() as connection:
            connection.execute(statement, list(row.values()))

    def _answers(self) -> bool:
        tryton = Tryton(self.address, patience=0)
        tryton.session._login = self.login
        try:
            return bool(tryton.count("res.user", []))
        except (Busy, Unavailable):
            return False
        finally:
            tryton._rpc.close()

    @contextmanager
    def another_server(self) -> Iterator["Company"]:
        """Serve the same database by one more server, for a test that ends it."""
        with self.programs.serving(free_port(), [self.name]) as server:
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
        self.postgres.copy(DATABASE, name)
        programs = Programs(self.template.installation, self.postgres, self.folder)
        try:
            with programs.serving(free_port(), [name]) as server:
                password = self.template.password
                login = Tryton(Address(server.url, name, ADMIN, password)).session.login
                with self.postgres.connected(name) as connection:
                    session = _last_session(connection)
                yield Company(programs, self.postgres, server, name, password, login, session)
        finally:
            self.postgres.drop(name)


def _last_session(connection: psycopg.Connection) -> Mapping[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("SELECT * FROM ir_session ORDER BY id DESC LIMIT 1").fetchone()
    assert found is not None
    return found


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
        yield Companies(template, postgres, folder, itertools.count(1))


@contextmanager
def connected(address: Address, **options: float) -> Iterator[Tryton]:
    """Lend a connection."""
    tryton = Tryton(address, **options)
    try:
        yield tryton
    finally:
        tryton.close()
