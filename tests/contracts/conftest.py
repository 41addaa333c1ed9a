"""The ERPs the contracts are tried on: whatever holds here must hold for each."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.adapters import ERP, ERPFactory
from tasks.billing.contracts import Offer, OfferDraftLine
from tasks.values import Customer, Money, Quantity
from tests.contracts.fake_erp import fake_erp

DATABASES = ("sqlite", "postgresql")


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


@pytest.fixture
def embedded(erp_url: str) -> Iterator[ERP]:
    """The embedded ERP, once on each database."""
    erp = ERPFactory(url=erp_url).connect()
    yield erp
    erp.close()


@pytest.fixture(params=[*DATABASES, "fakes"])
def erp(request: pytest.FixtureRequest) -> Iterator[ERP]:
    """Every ERP, and the fakes that stand for one in the steps' unit tests."""
    if request.param == "fakes":
        yield fake_erp()
        return
    url = request.getfixturevalue(f"{request.param}_erp_url")
    erp = ERPFactory(url=url).connect()
    yield erp
    erp.close()


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
