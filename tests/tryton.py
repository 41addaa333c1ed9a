"""A Tryton server for the suite, in which tests make copies of the sample company.

It is installed and filled once on a machine, by `orchestrator tryton build`; a machine where
nobody has done that skips these tests, and CI makes it first and skips none.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Postgres
from tasks.adapters.tryton.server.programs import ADMIN, Programs, Server, free_port
from tasks.adapters.tryton.server.template import DATABASE, Template, cache_folder


@dataclass
class TrytonServer:
    """A running server.

    Attributes:
        programs: that run it, on `postgres`.
        server: its process.
        password: of the user `admin` in every database.
    """

    programs: Programs
    postgres: Postgres
    server: Server
    password: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def company(self) -> Iterator[Address]:
        """Lend a database with the company in it, as it was when it was made.

        The copy takes half a second, and Tryton's first look at it two more: tests that only
        read, or that each make things of their own, share one by a fixture of their module.
        """
        name = f"company_{next(self._numbers)}"
        self.postgres.copy(DATABASE, name)
        try:
            yield self.address(name)
        finally:
            self.postgres.drop(name)

    def address(self, database: str) -> Address:
        """Return where a database of this server is."""
        return Address(self.server.url, database, ADMIN, self.password)

    @contextmanager
    def another_server(self) -> Iterator[Server]:
        """Start one more server on the same databases, for a test that ends it."""
        with self.programs.serving(free_port()) as server:
            yield server


@contextmanager
def tryton_server(folder: Path) -> Iterator[TrytonServer]:
    """Run a server until the block ends; skip where Tryton is not installed and filled.

    Args:
        folder: for its log.
    """
    template = Template.of(cache_folder())
    if not template.is_made:
        if os.environ.get("CI"):
            pytest.fail("CI has no Tryton: `.ci/run` makes it by `orchestrator tryton build`")
        pytest.skip("Tryton is not made here: run `orchestrator tryton build` once, some minutes")
    packages = template.installation.packages
    with own_postgres(template.folder / "data", packages=packages) as postgres:
        programs = Programs(template.installation, postgres, folder)
        with programs.serving(free_port()) as server:
            yield TrytonServer(programs, postgres, server, template.password)


@contextmanager
def connected(address: Address, **options: float) -> Iterator[Tryton]:
    """Lend a connection."""
    tryton = Tryton(address, **options)
    try:
        yield tryton
    finally:
        tryton.close()
