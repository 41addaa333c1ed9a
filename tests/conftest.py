"""What tests share: a broker, a PostgreSQL server, ledgers, and a way to wait.

Every service is real and is started here, from PyPI wheels where the machine has
none, so nothing is skipped for want of one.
"""

import shutil
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from orchestrator.local.broker import EmbeddedBroker
from tests import budgets, shares, waiting
from tests.postgres import PostgresServer, postgres
from tests.shares import LEDGERS

if TYPE_CHECKING:
    from tests.tryton import Companies

_databases = count()

#: the folders whose files take longest, those first
_LONG_FOLDERS = ("e2e", "benchmarks", "chaos", "differential", "deploy", "contracts", "erp")


def pytest_addoption(parser: pytest.Parser) -> None:
    all_of_it = "also run the long forms, marked slow, and the tests whose turn it is not"
    parser.addoption("--long", action="store_true", help=all_of_it)
    minutes = "how long the long form of the chaos suite goes on, over each ledger"
    parser.addoption("--chaos-minutes", type=float, default=15.0, help=minutes)
    parser.addoption("--chaos-seed", type=int, help="strike the blows that this seed once struck")
    scenarios = "how many scenarios of each of five kinds are tried on two ERPs"
    parser.addoption("--scenarios", type=int, default=8, help=scenarios)


@pytest.hookimpl(trylast=True)  # after they are shuffled
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Whoever is given a long file last keeps the others waiting.
    items.sort(key=_folder_rank)
    if config.getoption("--long"):
        return
    is_whole = not config.option.keyword and not any("::" in name for name in config.args)
    seed = config.getoption("randomly_seed", 0)
    long = [
        item
        for item in items
        if item.get_closest_marker("slow") or (is_whole and not shares.goes(item, seed))
    ]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = chain.from_iterable(terminalreporter.stats.values())
    tests = [report for report in reports if isinstance(report, pytest.TestReport)]
    for folder, seconds in budgets.exceeded(tests).items():
        may = budgets.SECONDS[folder]
        terminalreporter.write_line(
            f"tests/{folder} took {seconds:.0f} s of a runner; {may} is its budget"
        )


def _folder_rank(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return _LONG_FOLDERS.index(folder) if folder in _LONG_FOLDERS else len(_LONG_FOLDERS)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(condition, within=seconds)`: wait with a deadline."""
    return waiting.eventually


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder for an embedded stack."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """One server for the session; a test that kills its broker starts its own."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture
def broker(broker_server: EmbeddedBroker) -> str:
    """The URL of an empty broker database.

    A different one each time: a worker that a former test left for a moment must
    not take this test's messages.
    """
    url = f"redis://127.0.0.1:{broker_server.port}/{next(_databases) % 16}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the session."""
    with postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def tryton_companies(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Companies]":
    """Copies of the sample company in Tryton; who asks is skipped where Tryton is not made."""
    from tests import tryton  # noqa: PLC0415 (only who asks for Tryton waits)

    with tryton.companies(tmp_path_factory.mktemp("tryton")) as companies:
        yield companies


@pytest.fixture(scope="session")
def _sqlite_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that tests copy: migrating takes longer than most tests."""
    from orchestrator.ledger import migrate  # noqa: PLC0415 (only who asks for a ledger waits)

    file = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def _postgres_ledger(postgres_server: PostgresServer) -> str:
    """A migrated database that tests copy."""
    from orchestrator.ledger import migrate  # noqa: PLC0415 (only who asks for a ledger waits)

    name = postgres_server.create()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture
def sqlite_ledger_url(_sqlite_ledger: Path, tmp_path: Path) -> str:
    """A migrated, empty ledger in SQLite."""
    return f"sqlite:///{shutil.copy(_sqlite_ledger, tmp_path / 'ledger.db')}"


@pytest.fixture
def postgres_ledger_url(postgres_server: PostgresServer, _postgres_ledger: str) -> Iterator[str]:
    """A migrated, empty ledger in PostgreSQL."""
    with postgres_server.ledger(_postgres_ledger) as url:
        yield url


@pytest.fixture(params=LEDGERS)
def ledger_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty ledger: the test runs once on SQLite and once on PostgreSQL.

    `-k sqlite` or `-k postgresql` chooses one.
    """
    name = {"sqlite": "sqlite_ledger_url", "postgresql": "postgres_ledger_url"}[request.param]
    return str(request.getfixturevalue(name))
