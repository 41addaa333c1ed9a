"""The embedded ERP and a real Tryton, with the same company in both."""

from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest

from tasks.adapters import ERPFactory
from tests.differential.scenarios import Both, Side
from tests.tryton import Companies


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a `scenario` once for each, by its number."""
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", range(metafunc.config.getoption("--scenarios")))


@pytest.fixture(scope="module")
def both(tryton_companies: Companies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both ERPs; the scenarios of a module are tried on one company, one after the other."""
    home = tmp_path_factory.mktemp("differential")
    with pytest.MonkeyPatch.context() as patch, tryton_companies.company() as company:
        patch.setenv("ORCHESTRATOR_HOME", str(home))
        urls = {"embedded": f"sqlalchemy+sqlite:///{home / 'erp.db'}", "tryton": company.erp_url}
        embedded, tryton = (Side(name, ERPFactory(url=url).connect()) for name, url in urls.items())
        with closing(embedded.erp), closing(tryton.erp):
            yield Both((embedded, tryton))


@pytest.fixture
def chance(request: pytest.FixtureRequest, scenario: int) -> Random:
    """What decides in a scenario: the same in each run of it."""
    return Random(f"{request.module.__name__} {scenario}")
