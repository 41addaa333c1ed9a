"""The contracts: each role has its place, and nothing is created without a key."""

import inspect
import typing
from importlib import import_module
from typing import Protocol

import pytest

from tasks.adapters import ERP, providers
from tasks.billing import contracts as billing
from tasks.inventory import contracts as inventory
from tasks.messaging import contracts as messaging
from tasks.scheduling import contracts as scheduling
from tests.repository import ROOT

DOMAINS = (billing, inventory, messaging, scheduling)
ROLES = [
    kind
    for domain in DOMAINS
    for kind in vars(domain).values()
    if getattr(kind, "_is_protocol", False)
]
#: what brings something into the world, by the word or, where the word has two meanings, by role
CREATING = set(
    "create add draft book book_work request attach credit pay remind invoice comment allot"
    " scrap rework".split()
) | {"QualityChecks.open", "Messages.send"}
#: what moves a record that is there: called again, it finds it moved
MOVING = set(
    "send order cancel close release reserve unreserve ship start unbook unbook_work finish receive"
    " record accept withdraw place unplace complete reopen post change remove done".split()
)
#: what only looks
READING = set(
    "get by_email by_domain by_name by_vat prices find find_work find_payment find_reminder"
    " find_comment by_codes catalogue catalogue_version on_hand free forecast worth deliveries"
    " postings components operations work open_requests required of salesperson_of all labour_rate"
    " work_centres operations_of open tasks to_invoice entries hours cost planned actual open_items"
    " attached_to read comments history load articles version fetch".split()
)


def methods(role):
    return {
        name: method
        for name, method in inspect.getmembers(role, inspect.isfunction)
        if not name.startswith("_")
    }


def creates(role, name):
    qualified = f"{role.__name__}.{name}"
    if any(known.endswith(f".{name}") for known in CREATING):
        return qualified in CREATING
    return name in CREATING


def without_key(role):
    """Return the methods that create and do not take `key` first, or take it and do not create."""
    return [
        name
        for name, method in methods(role).items()
        if creates(role, name) != (list(inspect.signature(method).parameters)[1:2] == ["key"])
        and not name.startswith("find")
    ]


def unfindable(role):
    """Return what is created and no `find…(key)` of the same role answers."""
    found = {
        typing.get_type_hints(method)["return"]
        for name, method in methods(role).items()
        if name.startswith("find") and list(inspect.signature(method).parameters) == ["self", "key"]
    }
    made = {
        name: typing.get_type_hints(method)["return"]
        for name, method in methods(role).items()
        if creates(role, name)
    }
    return [name for name, kind in made.items() if kind not in found and (kind | None) not in found]


def test_the_roles_are_found():
    assert len(ROLES) == 24


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_lists_what_its_modules_offer(domain):
    folder = ROOT / domain.__name__.replace(".", "/")
    parts = [import_module(f"{domain.__name__}.{file.stem}") for file in folder.glob("[a-z]*.py")]
    offered = {name for part in parts for name in part.__all__}

    assert domain.__all__ == sorted(domain.__all__)
    assert offered <= set(domain.__all__)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_one_attribute_of_the_erp_and_a_provider_of_that_name(role):
    named = [name for name, hint in typing.get_type_hints(ERP).items() if hint is role]

    assert len(named) == 1
    assert getattr(providers, named[0]).__provides__ is role


@pytest.mark.parametrize("role", ROLES)
def test_of_every_method_it_is_known_what_it_does(role):
    known = CREATING | MOVING | READING

    assert [name for name in methods(role) if name not in known and not creates(role, name)] == []


@pytest.mark.parametrize("role", ROLES)
def test_whatever_creates_takes_the_key_first_and_nothing_else_does(role):
    assert without_key(role) == []


@pytest.mark.parametrize("role", ROLES)
def test_what_a_key_created_is_found_by_it(role):
    assert unfindable(role) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_and_each_of_its_methods_say_what_they_are(role):
    assert inspect.getdoc(role)
    assert [name for name, method in methods(role).items() if not method.__doc__] == []


class Careless(Protocol):
    """A role with every mistake that is looked for."""

    def create(self, name: str, key: str) -> int: ...
    def get(self, key: str) -> int: ...
    def book(self, key: str) -> str: ...
    def find(self, key: str) -> int | None: ...


def test_a_careless_role_is_caught():
    assert without_key(Careless) == ["create", "get"]
    assert unfindable(Careless) == ["book"]
