"""The benchmark of permits runs: a short form of it, which times nothing worth reading."""

import pytest

from tests.benchmarks.permits import main


@pytest.mark.timeout(120)  # sixteen processes start, and the machine may be busy
def test_permits_and_locks_are_measured_side_by_side(capsys):
    main(["--short", "--pairs", "1"])

    printed = capsys.readouterr().out
    for title in ("1 resource", "3 resources", "p50", "p99", "1,000"):
        assert title in printed
