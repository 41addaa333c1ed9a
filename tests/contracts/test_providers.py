"""Providers: every role of the ERP can be asked for by a step."""

from copy import copy
from typing import get_type_hints

import pytest

from orchestrator.errors import ConfigurationError
from tasks.adapters import ERP, missing, providers
from tasks.billing.contracts import OfferRepository

FACTORIES = {
    factory.__provides__: factory
    for factory in vars(providers).values()
    if hasattr(factory, "__provides__")
}


@pytest.fixture
def erp_file(tmp_path, monkeypatch):
    file = tmp_path / "erp.db"
    monkeypatch.setenv("ERP_URL", f"sqlalchemy+sqlite:///{file}")
    providers._erp.cache_clear()
    yield file
    if file.exists():
        providers._erp().close()
    providers._erp.cache_clear()


def test_every_role_of_the_erp_is_provided():
    assert set(get_type_hints(ERP).values()) - set(FACTORIES) == {get_type_hints(ERP)["close"]}


def test_nothing_is_opened_before_a_step_asks(erp_file):
    assert not erp_file.exists()


def test_all_steps_of_a_process_share_one_erp(erp_file):
    given = [factory() for factory in FACTORIES.values() for _ in range(2)]

    erp = providers._erp()
    assert {id(role) for role in given} <= {id(getattr(erp, name)) for name in vars(erp)}


def test_steps_are_given_the_roles_of_tryton_before_anything_is_sent(monkeypatch, tmp_path):
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path))
    monkeypatch.setenv("ERP_URL", "tryton+http://admin:secret@127.0.0.1:1/erp")
    providers._erp.cache_clear()

    given = {role: factory() for role, factory in FACTORIES.items()}

    assert type(given[OfferRepository]).__module__ == "tasks.adapters.tryton.sales.offers"
    providers._erp().close()
    providers._erp.cache_clear()


def test_a_role_that_an_adapter_does_not_play_says_so_when_it_is_used():
    role = missing("production_orders", adapter="elsewhere")

    with pytest.raises(
        ConfigurationError, match=r"'elsewhere' has no production orders, and 'create' was asked"
    ):
        role.create("key", "product:1")


def test_a_missing_role_may_be_looked_at():
    assert copy(missing("tickets", adapter="elsewhere")) is not None
    assert not hasattr(missing("tickets", adapter="elsewhere"), "__len__")
