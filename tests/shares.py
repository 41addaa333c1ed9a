"""Which tests go this time: those that take long are shared out among the runs of the suite.

Whoever changes something waits for the suite, and it has two processors. So of tests that differ
only in the database that they go over, each goes over one of them, and of those that a real ERP
answers, or that try a benchmark, each second one goes. The seed that shuffles the tests decides
which, so that none is left out for long; `--long`, and whoever names a test or gives `-k`, has all
of them.
"""

from collections.abc import Collection
from random import Random
from typing import Any

import pytest

LEDGERS = ("sqlite", "postgresql")
ERPS = ("embedded", "tryton")
#: by folder, the fixtures of tests that cost a pool, or a company, for each database
_COSTLY = {
    "integration": {"install", "toy"},
    "chaos": {"worn"},
    "contracts": {"real_erp_url", "erp_url", "erp", "real_erp"},
}
#: the folders of which each second test goes, and those where that holds for a real ERP's tests
_BY_HALVES = ("benchmarks", "erp")
_BY_HALVES_IN_TRYTON = ("contracts", "e2e")


def goes(item: pytest.Item, seed: int) -> bool:
    """Say whether it is a test's turn."""
    if not isinstance(item, pytest.Function):
        return True
    folder = item.path.parent.name
    given = _given(item)
    if folder == "chaos" and (erp := _one_of(ERPS, given)):
        return _turn(item, seed, ERPS, but=erp) == erp
    in_tryton = folder in _BY_HALVES_IN_TRYTON and _asks_tryton(item, given)
    if folder in _BY_HALVES or in_tryton:
        return bool(_turn(item, seed, (False, True)))
    database = _one_of(LEDGERS, given)
    if database is None or not _COSTLY.get(folder, set()) & set(item.fixturenames):
        return True
    return _turn(item, seed, LEDGERS, but=database) == database


def _asks_tryton(item: pytest.Function, given: Collection[Any]) -> bool:
    return "tryton" in given or item.path.stem.endswith("on_tryton")


def _given(item: pytest.Function) -> list[Any]:
    """Return the values of a test's parameters."""
    spec = getattr(item, "callspec", None)
    return list(spec.params.values()) if spec else []


def _one_of(names: Collection[str], given: Collection[Any]) -> str | None:
    return next((one for one in given if isinstance(one, str) and one in names), None)


def _turn(item: pytest.Item, seed: int, ways: tuple[Any, ...], *, but: str = "") -> Any:
    """Return the way that it goes this time.

    Args:
        but: what its parameters say of the way: those of its sisters are the same without it.
    """
    name, _, parameters = item.nodeid.partition("[")
    others = parameters.replace(but, "") if but else parameters
    return Random(f"{seed} {name} {others}").choice(ways)
