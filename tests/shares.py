"""Which tests go this time: those that take long are shared out among the runs of the suite.

Whoever changes something waits for the suite, and it has two processors. So of tests that differ
only in the database that they go over, each goes over one of them, and of those that start a
benchmark each second one goes. Those that a real ERP answers are the slowest, and each file of
them starts a server of its own: each fourth file goes. The seed that shuffles the tests decides
which, so that none is left out for long; `--long`, and whoever names a test or gives `-k`, has all
of them.
"""

from random import Random
from typing import Any

import pytest

LEDGERS = ("sqlite", "postgresql")
ERPS = ("embedded", "embedded", "embedded", "tryton")
#: by folder, the fixtures that start pools or found a company, over what a parameter says
_COSTLY = {
    "integration": {"install", "toy"},
    "chaos": {"worn", "erp_site"},
    "contracts": {"real_erp_url", "erp_url", "erp", "real_erp"},
}


def goes(item: pytest.Item, seed: int) -> bool:
    """Say whether it is a test's turn."""
    if not isinstance(item, pytest.Function):
        return True
    folder, fixtures = item.path.parent.name, set(item.fixturenames)
    if folder == "benchmarks" and item.get_closest_marker("timeout") is not None:
        return Random(f"{seed} {item.nodeid}").choice((False, True))
    erp = Random(f"{seed} {item.path.stem}").choice(ERPS)
    if "tryton_companies" in fixtures:
        return erp == "tryton"
    if not _COSTLY.get(folder, set()) & fixtures:
        return True
    given = [value for value in _given(item) if isinstance(value, str)]
    for value in given:
        if value in ERPS:
            return value == erp
    return all(value == _ledger(item, seed, but=value) for value in given if value in LEDGERS)


def _given(item: pytest.Function) -> list[Any]:
    """Return the values of a test's parameters."""
    spec = getattr(item, "callspec", None)
    return list(spec.params.values()) if spec else []


def _ledger(item: pytest.Item, seed: int, *, but: str) -> str:
    """Return the database that it goes over this time.

    Args:
        but: what its parameters say of it: those of its sister are the same without it.
    """
    name, _, parameters = item.nodeid.partition("[")
    return Random(f"{seed} {name} {parameters.replace(but, '')}").choice(LEDGERS)
