"""Each benchmark runs, in a short form that times nothing worth reading."""

import re

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import latency, sizes, submission

pytestmark = pytest.mark.timeout(120)


def test_submission_shows_both_ways_on_both_ledgers(capsys: pytest.CaptureFixture[str]) -> None:
    submission.main(["--runs", "3", "--pairs", "1"])

    rows = re.findall(
        r"(SQLite|PostgreSQL) +│ +(\d+) +│ +(\d+) +│ +[\d.]+", capsys.readouterr().out
    )
    assert [row[0] for row in rows] == ["SQLite", "PostgreSQL"]
    assert all(int(rate) > 0 for _, *rates in rows for rate in rates)


def test_latency_shows_both_ways_on_both_ledgers(capsys: pytest.CaptureFixture[str]) -> None:
    latency.main(["--runs", "1"])

    rows = re.findall(r"(\w+), (in a burst|by a message) +│ +([\d.]+)", capsys.readouterr().out)
    assert [(row[0], row[1]) for row in rows] == [
        ("SQLite", "in a burst"),
        ("SQLite", "by a message"),
        ("PostgreSQL", "in a burst"),
        ("PostgreSQL", "by a message"),
    ]
    assert all(float(median) > 0 for *_, median in rows)


def test_sizes_shows_each_shape_small_and_large(capsys: pytest.CaptureFixture[str]) -> None:
    sizes.main(["--short", "--ledger", "sqlite"])

    shown = capsys.readouterr().out
    rows = re.findall(r"([a-z][^│]*?) +│ +SQLite +│ +([\d,]+) +│.*│ +([\d,]+) +│ +(\d+) +│", shown)
    assert [row[0] for row in rows] == ["fan-out"] * 2 + ["chain"] * 2 + ["layers of 10"] * 2
    assert all(0 < int(largest.replace(",", "")) < 2048 for *_, largest, _ in rows)


def test_an_unknown_benchmark_is_told_the_known_ones() -> None:
    with pytest.raises(SystemExit, match="'speed' is no benchmark: it is one of throughput, late"):
        bench.main(["speed"])
