"""How long each folder of tests may take: all together ten minutes on two processors.

In seconds of one runner, of which there are three then. After a run, folders that took longer are
named: on a slower machine all of them, and otherwise the one that has grown too much.
"""

from collections import Counter
from collections.abc import Iterable

import pytest

#: by folder
SECONDS = {
    "integration": 720,
    "chaos": 220,
    "e2e": 220,
    "contracts": 300,
    "benchmarks": 90,
    "differential": 80,
    "unit": 40,
    "meta": 40,
    "erp": 40,
    "deploy": 30,
    "capacity": 20,
}


def exceeded(reports: Iterable[pytest.TestReport]) -> dict[str, float]:
    """Return the seconds of each folder that took longer than it may, set-up included."""
    taken = Counter[str]()
    for report in reports:
        _, folder, *_ = report.nodeid.split("/")
        taken[folder] += report.duration
    return {folder: seconds for folder, seconds in taken.items() if seconds > SECONDS[folder]}
