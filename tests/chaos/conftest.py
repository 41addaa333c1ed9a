"""Worlds to be broken, over a ledger in SQLite and over one in PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import randrange

import pytest

from orchestrator.ledger import migrate
from tests.chaos.erps import ErpSite
from tests.chaos.sites import LEDGERS, Site, postgres_site, sqlite_site
from tests.chaos.world import WORKS, World, Worlds, world
from tests.postgres import PostgresServer, postgres


@pytest.fixture(scope="session")
def doomed_postgres() -> Iterator[PostgresServer]:
    """A server of our own to crash, which loses nothing that it has committed."""
    with postgres("synchronous_commit=on") as server:
        yield server


@pytest.fixture(scope="session")
def _doomed_template(doomed_postgres: PostgresServer) -> str:
    name = doomed_postgres.create()
    migrate(doomed_postgres.url(name))
    return name


@pytest.fixture(params=LEDGERS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """An empty ledger: the test runs once on SQLite and once on PostgreSQL."""
    ask = request.getfixturevalue
    if request.param == "sqlite":
        with sqlite_site(ask("_sqlite_ledger"), tmp_path / "disk") as lent:
            yield lent
    else:
        with postgres_site(ask("doomed_postgres"), ask("_doomed_template")) as lent:
            yield lent


@pytest.fixture
def make_world(tmp_path: Path, site: Site) -> Iterator[Worlds]:
    """Make a world over each ledger; only its broker and its producer run yet."""
    with ExitStack() as stack:

        def make(package: str = WORKS, erp: ErpSite | None = None, **timing: float) -> World:
            return stack.enter_context(world(tmp_path, site, package, erp, **timing))

        yield make


@pytest.fixture(scope="module")  # its processes would take what the tests after it need
def _worn_sqlite(_sqlite_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("worn-sqlite")
    with sqlite_site(_sqlite_ledger, folder / "disk") as lent, world(folder, lent) as made:
        made.start("works", "works")
        yield made


@pytest.fixture(scope="module")  # its processes would take what the tests after it need
def _worn_postgres(
    doomed_postgres: PostgresServer, _doomed_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("worn-postgres")
    with postgres_site(doomed_postgres, _doomed_template) as lent, world(folder, lent) as made:
        made.start("works", "works")
        yield made


@pytest.fixture(params=LEDGERS)
def worn(request: pytest.FixtureRequest) -> World:
    """One world for many blows: it must outlive one after the other."""
    name = {"sqlite": "_worn_sqlite", "postgresql": "_worn_postgres"}[request.param]
    found: World = request.getfixturevalue(name)
    return found


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of `--chaos-seed`, or any."""
    given = request.config.getoption("--chaos-seed")
    return randrange(10**6) if given is None else int(given)
