"""Providers: every role of the ERP can be asked for by a step."""

from typing import get_type_hints

import pytest

from tasks.adapters import ERP, providers

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
