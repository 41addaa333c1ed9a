"""ERPFactory: one setting chooses the ERP."""

import json
from contextlib import closing

import pytest

from orchestrator.errors import ConfigurationError
from tasks.adapters import ERPFactory
from tasks.adapters.factory import GROUP
from tasks.erp_errors import Unavailable
from tests.contracts.fake_erp import fake_erp


def connect_elsewhere(address):
    """An adapter that another package announces."""
    erp = fake_erp()
    erp.handovers.add("address", "mail", subject=address, sender="", reasons=[])
    return erp


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in ("ERP_URL", "ORCHESTRATOR_LEDGER_URL", "ORCHESTRATOR_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path / "a home"))


@pytest.fixture
def announced(monkeypatch, tmp_path):
    """Announce an adapter as an installed package does."""
    package = tmp_path / "site" / "elsewhere-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        f"[{GROUP}]\nelsewhere = {__name__}:connect_elsewhere\n"
    )
    monkeypatch.syspath_prepend(package.parent)


@pytest.mark.parametrize("erp_type", [None, "embedded", "sqlalchemy"])
def test_without_a_setting_the_embedded_erp_lies_in_the_home(erp_type, tmp_path):
    erp = ERPFactory(erp_type).connect()
    erp.close()

    assert (tmp_path / "a home" / "erp.db").is_file()


def test_a_postgresql_ledger_has_the_erp_in_the_same_database(monkeypatch, postgres_url):
    monkeypatch.setenv("ORCHESTRATOR_LEDGER_URL", postgres_url)
    first = ERPFactory().connect()
    handover = first.handovers.add("k", "m", subject="", sender="", reasons=[])
    first.close()

    same = ERPFactory(url=f"sqlalchemy+{postgres_url}").connect()

    assert same.handovers.open() == [handover]
    same.close()


def test_a_running_stack_says_where_its_ledger_is(tmp_path, postgres_url, monkeypatch):
    home = tmp_path / "stack"
    home.mkdir()
    addresses = {"broker_url": "redis://127.0.0.1:1/0", "ledger_url": postgres_url}
    (home / "stack.json").write_text(json.dumps({"pid": 1, "settings": addresses}))
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))

    erp = ERPFactory().connect()
    erp.close()

    assert not (home / "erp.db").exists()


@pytest.mark.parametrize("name", ["sqlalchemy", "embedded"])
def test_the_setting_names_adapter_and_address(name, tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_URL", f"{name}+sqlite:///{tmp_path}/deep/down/erp.db")

    erp = ERPFactory().connect()
    erp.close()

    assert (tmp_path / "deep/down/erp.db").is_file()


def test_an_address_of_tryton_leads_there_and_nothing_is_sent_yet(monkeypatch):
    monkeypatch.setenv("ERP_URL", "tryton+http://admin@127.0.0.1:1/erp")
    monkeypatch.setenv("TRYTON_PASSWORD", "secret")

    erp = ERPFactory().connect()

    with pytest.raises(Unavailable, match=r"does not answer at http://127\.0\.0\.1:1/erp"):
        erp.customers.get("customer:1")
    erp.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://admin@127.0.0.1:1/erp", "'admin' has no password: set TRYTON_PASSWORD"),
        ("http://admin:secret@127.0.0.1:1", "names no database"),
        ("ftp://admin:secret@127.0.0.1:1/erp", "names no scheme http or https"),
    ],
)
def test_an_address_that_leads_to_no_tryton_says_what_is_missing(address, said, monkeypatch):
    monkeypatch.delenv("TRYTON_PASSWORD", raising=False)

    with pytest.raises(ConfigurationError, match=said) as refused:
        ERPFactory(url=f"tryton+{address}").connect()

    assert "secret" not in str(refused.value)


@pytest.mark.timeout(180)  # the first to ask for Tryton starts it
def test_the_same_products_are_behind_every_address(real_erp_url):
    with closing(ERPFactory(url=real_erp_url).connect()) as erp:
        names = [product.name for product in erp.products.catalogue(limit=1)]

    assert names == ["Ball bearing 6200-2RS"]


def test_another_package_brings_its_adapter(announced, monkeypatch):
    monkeypatch.setenv("ERP_URL", "elsewhere+https://erp.example/db")

    erp = ERPFactory(erp_type="elsewhere").connect()

    assert erp.handovers.open()[0].subject == "https://erp.example/db"


def test_settings_are_checked_without_connecting(tmp_path):
    ERPFactory("embedded").check()

    assert not (tmp_path / "a home").exists()
    with pytest.raises(ConfigurationError, match="'sap'"):
        ERPFactory(url="sap+https://erp.example").check()


def test_an_unknown_adapter_is_told_the_known_ones(announced):
    with pytest.raises(ConfigurationError, match=r"'sap'.*elsewhere, embedded, sqlalchemy, tryton"):
        ERPFactory(url="sap+https://erp.example").connect()


def test_an_adapter_without_an_address_asks_for_one():
    with pytest.raises(ConfigurationError, match=r"ERP_URL is not set.*'tryton\+'"):
        ERPFactory(erp_type="tryton").connect()


def test_a_type_that_contradicts_the_address_is_refused():
    with pytest.raises(ConfigurationError, match=r"'tryton' is asked for.*'sqlalchemy'"):
        ERPFactory("tryton", url="sqlalchemy+sqlite:///erp.db").connect()


@pytest.mark.parametrize("url", ["erp.db", "postgresql://me:secret@db/erp", "sqlalchemy+"])
def test_an_address_without_adapter_is_refused_and_keeps_its_password(url):
    with pytest.raises(ConfigurationError, match="a plus and its address") as refused:
        ERPFactory(url=url).connect()

    assert "secret" not in str(refused.value)
