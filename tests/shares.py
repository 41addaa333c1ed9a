"""Which tests go this time: those that take long are shared out among the runs of the suite.

Whoever changes something waits for the suite, and it has two processors. So of tests that differ
only in the database, or in the ERP, that they go over, each goes over one of them; of those that
start a benchmark each second one goes, and of those that a real ERP answers, the slowest, each
fourth. The seed that shuffles the tests decides which, so that none is left out for long; `--long`,
and whoever names a test or gives `-k`, has all of them.
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
    is_benchmark = folder == "benchmarks" and item.get_closest_marker("timeout") is not None
    if is_benchmark:
        return bool(_turn(item, seed, (False, True)))
    if "tryton_companies" in fixtures:
        return _turn(item, seed, ERPS) == "tryton"
    if not _COSTLY.get(folder, set()) & fixtures:
        return True
    for ways in (ERPS, LEDGERS):
        for given in _given(item):
            if isinstance(given, str) and given in ways:
                return bool(_turn(item, seed, ways, but=given) == given)
    return True


def _given(item: pytest.Function) -> list[Any]:
    """Return the values of a test's parameters."""
    spec = getattr(item, "callspec", None)
    return list(spec.params.values()) if spec else []


def _turn(item: pytest.Item, seed: int, ways: tuple[Any, ...], *, but: str = "") -> Any:
    """Return the way that it goes this time.

    Args:
        but: what its parameters say of the way: those of its sisters are the same without it.
    """
    name, _, parameters = item.nodeid.partition("[")
    others = parameters.replace(but, "") if but else parameters
    return Random(f"{seed} {name} {others}").choice(ways)
