"""The ERPs the contracts are tried on: whatever holds here must hold for each."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters import ERP, ERPFactory
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.tryton.session import Session
from tasks.billing.contracts import Offer, OfferDraftLine
from tasks.values import Customer, Money, Quantity
from tests.contracts.fake_erp import fake_erp
from tests.contracts.lent_companies import LentCompanies
from tests.contracts.workshop import Workshop
from tests.postgres import PostgresServer
from tests.tryton import Companies, Company

DATABASES = ("sqlite", "postgresql")
REAL = (*DATABASES, "tryton")
#: the races that are run in Tryton too; half a minute each, so the others are its long form
SHORT_RACES = {
    "test_a_key_used_by_all_at_once_makes_one_offer",
    "test_workers_that_reserve_at_once_get_together_what_is_on_hand",
    "test_a_key_used_by_all_at_once_drafts_pays_and_credits_once",
    "test_what_is_scrapped_while_somebody_finishes_is_not_on_the_shelf",
}
#: how the methods of Tryton end that only look
LOOKING = re.compile(r"\.(search\w*|read\w*|default_get|on_change\w*|get_\w+|login|logout)$")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and "tryton" in item.name:
            # A real ERP takes seconds for a day's work, and more on a busy machine.
            item.add_marker(pytest.mark.timeout(300))
            if item.path.stem.endswith("races") and item.name.partition("[")[0] not in SHORT_RACES:
                item.add_marker(pytest.mark.slow)


@pytest.fixture
def sqlite_erp_url(tmp_path: Path) -> str:
    """The address of an embedded ERP that nobody has started yet."""
    return f"sqlalchemy+sqlite:///{tmp_path / 'erp.db'}"


@pytest.fixture
def postgresql_erp_url(postgres_url: str) -> str:
    """The same, in PostgreSQL."""
    return f"sqlalchemy+{postgres_url}"


@pytest.fixture(params=DATABASES)
def erp_url(request: pytest.FixtureRequest) -> str:
    """The address of a new embedded ERP, once on each database."""
    return str(request.getfixturevalue(f"{request.param}_erp_url"))


@pytest.fixture(params=REAL)
def real_erp_url(request: pytest.FixtureRequest) -> str:
    """The address of every ERP: an embedded one that is new, and the company in Tryton."""
    return str(request.getfixturevalue(f"{request.param}_erp_url"))


@pytest.fixture(scope="session")
def _sqlite_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the company in it, to copy: loading it takes longer than most tests."""
    file = tmp_path_factory.mktemp("company") / "erp.db"
    ERPFactory(url=f"sqlalchemy+sqlite:///{file}").connect().close()
    return file


@pytest.fixture(scope="session")
def _postgresql_company(postgres_server: PostgresServer) -> str:
    """A database with the company in it, to copy."""
    name = postgres_server.create()
    ERPFactory(url=f"sqlalchemy+{postgres_server.url(name)}").connect().close()
    return name


@pytest.fixture
def sqlite_company_url(_sqlite_company: Path, tmp_path: Path) -> str:
    """The address of a copy of it, as SQLAlchemy has it."""
    return f"sqlite:///{shutil.copy(_sqlite_company, tmp_path / 'erp.db')}"


@pytest.fixture(scope="session")
def _lent_companies(postgres_server: PostgresServer, _postgresql_company: str) -> LentCompanies:
    """Copies of it, each for one test after the other."""
    return LentCompanies(postgres_server, _postgresql_company)


@pytest.fixture
def postgresql_company_url(_lent_companies: LentCompanies) -> Iterator[str]:
    """The same, in PostgreSQL."""
    with _lent_companies.company() as url:
        yield url


@pytest.fixture
def sqlite_erp(sqlite_company_url: str) -> Iterator[ERP]:
    """The embedded ERP on SQLite."""
    with closing(ERPFactory(url=f"sqlalchemy+{sqlite_company_url}").connect()) as erp:
        yield erp


@pytest.fixture
def postgresql_erp(postgresql_company_url: str) -> Iterator[ERP]:
    """The embedded ERP on PostgreSQL."""
    with closing(ERPFactory(url=f"sqlalchemy+{postgresql_company_url}").connect()) as erp:
        yield erp


@pytest.fixture(scope="session")
def _tryton_company(tryton_companies: Companies) -> Iterator[Company]:
    """A company in Tryton and its server, which these tests use one after the other."""
    with tryton_companies.company() as company:
        yield company


@pytest.fixture
def tryton_erp_url(_tryton_company: Company) -> Iterator[str]:
    """The address of the company in Tryton as it was founded."""
    yield _tryton_company.erp_url
    _tryton_company.reset()


@pytest.fixture
def tryton_erp(
    _tryton_company: Company, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ERP]:
    """The company in Tryton as it was founded; it is founded anew after a test that wrote."""
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))
    written = []
    call = Session.call

    def watched(session: Session, method: str, *arguments: object, **options: Any) -> Any:
        if not LOOKING.search(method):
            written.append(method)
        return call(session, method, *arguments, **options)

    monkeypatch.setattr(Session, "call", watched)
    monkeypatch.setattr(Session, "_log_in", lambda _session: _tryton_company.login)
    monkeypatch.setattr(Session, "close", lambda _session: None)  # the login goes on
    with closing(ERPFactory(url=_tryton_company.erp_url).connect()) as erp:
        yield erp
    if written:
        _tryton_company.reset()


@pytest.fixture
def fakes_erp() -> ERP:
    """The fakes that stand for an ERP in the steps' unit tests."""
    return fake_erp()


@pytest.fixture(params=DATABASES)
def embedded(request: pytest.FixtureRequest) -> ERP:
    """The embedded ERP, once on each database."""
    erp: ERP = request.getfixturevalue(f"{request.param}_erp")
    return erp


@pytest.fixture(params=REAL)
def real_erp(request: pytest.FixtureRequest) -> ERP:
    """Every ERP, without the fakes, which play no more than the offers' roles."""
    erp: ERP = request.getfixturevalue(f"{request.param}_erp")
    return erp


@pytest.fixture(params=[*REAL, "fakes"])
def erp(request: pytest.FixtureRequest) -> ERP:
    """Every ERP, and the fakes."""
    erp: ERP = request.getfixturevalue(f"{request.param}_erp")
    return erp


@pytest.fixture
def customer(erp: ERP) -> Customer:
    """A customer with a price list and a salesperson."""
    return erp.customers.by_name("Lahden Konepaja Oy")[0]


@pytest.fixture
def line(erp: ERP) -> Callable[..., OfferDraftLine]:
    """`line(code, amount, price)`: a line of an offer in the product's own unit."""

    def make(code: str = "HB-M8X40-A2", amount: str = "1", price: str = "1.00") -> OfferDraftLine:
        product = erp.products.by_codes([code])[code]
        return OfferDraftLine(
            product=product.id,
            quantity=Quantity(amount=Decimal(amount), unit=product.unit),
            unit_price=Money.of(price),
        )

    return make


@pytest.fixture
def offer_of(embedded: ERP) -> Callable[..., Offer]:
    """`offer_of(code, amount)`: an offer of one product, at one euro."""

    def make(code: str, amount: str) -> Offer:
        product = embedded.products.by_codes([code])[code]
        line = OfferDraftLine(
            product=product.id,
            quantity=Quantity(amount=Decimal(amount), unit=product.unit),
            unit_price=Money.of("1.00"),
        )
        buyer = embedded.customers.by_name("Lahden Konepaja Oy")[0]
        return embedded.offers.create(f"{amount} {code}", buyer.id, [line])

    return make


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The embedded ERP's own door to SQL, once on each database, with the company in it."""
    url: str = request.getfixturevalue(f"{request.param}_company_url")
    with closing(Database(url, patience=1)) as database:
        yield database


@pytest.fixture
def workshop(real_erp: ERP) -> Workshop:
    """The workshop of every ERP that has one."""
    return Workshop(real_erp)


@pytest.fixture(params=DATABASES)
def company_url(request: pytest.FixtureRequest) -> str:
    """The address of an embedded ERP with the company in it, as SQLAlchemy has it."""
    return str(request.getfixturevalue(f"{request.param}_company_url"))
