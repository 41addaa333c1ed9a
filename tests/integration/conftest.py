"""Installations of the toy tasks, over each ledger."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from orchestrator import Settings
from orchestrator.ledger import Ledger
from tests.integration.book import Book, step
from tests.integration.desk import Desk
from tests.integration.installation import Factory, Installation, installation
from tests.integration.shelf import Shelf, Shelves
from tests.integration.stuck import Stuck
from tests.integration.verbs import Operate, Operated
from tests.postgres import PostgresServer

B = TypeVar("B", bound=Book)


@pytest.fixture(scope="session")
def sqlite_installation(
    _sqlite_ledger: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """One for the session: a pool of two processes."""
    folder = tmp_path_factory.mktemp("sqlite-installation")
    shutil.copy(_sqlite_ledger, folder / "ledger.db")
    with installation(folder, f"sqlite:///{folder / 'ledger.db'}") as started:
        started.start_pool()
        yield started


@pytest.fixture(scope="session")
def postgres_installation(
    postgres_server: PostgresServer,
    _postgres_ledger: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """The same over PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres-installation")
    with (
        postgres_server.database(_postgres_ledger) as url,
        installation(folder, url) as started,
    ):
        started.start_pool()
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def toy(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """A running installation that other tests use too: break nothing of it."""
    name = {"sqlite": "sqlite_installation", "postgresql": "postgres_installation"}[request.param]
    found: Installation = request.getfixturevalue(name)
    # For this test alone: several that look round all the time would take what others need.
    found.start_maintenance()
    yield found
    found.stop_maintenance()


@pytest.fixture
def install(tmp_path: Path, ledger_url: str) -> Iterator[Factory]:
    """Make an installation for this test alone, over each ledger; nothing of it runs yet."""
    with ExitStack() as stack:

        def make(**settings: object) -> Installation:
            return stack.enter_context(installation(tmp_path, ledger_url, **settings))

        yield make


@pytest.fixture
def desk(install: Factory) -> Iterator[Desk]:
    """An installation without workers, whose time moves when the test says so."""
    made = Desk(install())
    yield made
    made.close()


@pytest.fixture
def install_embedded(tmp_path: Path, sqlite_ledger_url: str) -> Iterator[Factory]:
    """The same for what does not depend on the ledger: over SQLite alone."""
    with ExitStack() as stack:

        def make(**settings: object) -> Installation:
            return stack.enter_context(installation(tmp_path, sqlite_ledger_url, **settings))

        yield make


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A migrated, empty ledger, open."""
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


@pytest.fixture
def book(ledger_url: str) -> Iterator[Book]:
    """A diamond: a, then b and c, then d."""
    diamond = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]
    made = Book(ledger_url, diamond)
    made.register("w1")
    yield made
    made.ledger.close()


@pytest.fixture
def open_book(ledger_url: str) -> Iterator[Callable[[list[dict[str, Any]]], Book]]:
    """Begin a run of the steps a test needs, with a worker `w1` that may take them."""
    yield from _lent(Book, ledger_url)


@pytest.fixture
def shelves(ledger_url: str) -> Iterator[Shelves]:
    """Begin a run of these steps, with a worker `w1` that goes on with what they set free."""
    yield from _lent(Shelf, ledger_url)


@pytest.fixture
def operate(ledger_url: str) -> Iterator[Operate]:
    """Make a run of these steps that an operator changes, with one worker."""
    yield from _lent(Operated, ledger_url)


def _lent(kind: type[B], ledger_url: str) -> Iterator[Callable[[list[dict[str, Any]]], B]]:
    with ExitStack() as stack:

        def make(definition: list[dict[str, Any]]) -> B:
            made = kind(ledger_url, definition)
            made.register("w1")
            stack.callback(made.ledger.close)
            return made

        yield make


@pytest.fixture
def stuck(tmp_path: Path, ledger_url: str, broker: str) -> Iterator[Stuck]:
    """A coordinator whose runs do not move unless the test moves them."""
    yield from _stuck(tmp_path, ledger_url, broker)


@pytest.fixture
def deaf(tmp_path: Path, ledger_url: str) -> Iterator[Stuck]:
    """The same with a broker that does not answer."""
    yield from _stuck(tmp_path, ledger_url, "redis://127.0.0.1:1/0")


def _stuck(home: Path, ledger_url: str, broker_url: str) -> Iterator[Stuck]:
    packages = ("tests.toy",)
    settings = Settings(
        home=home, ledger_url=ledger_url, broker_url=broker_url, packages=packages, workflows=home
    )
    made = Stuck(settings)
    yield made
    made.close()
