"""Each benchmark runs, in a short form that times nothing worth reading."""

import re
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import (
    growth,
    kill,
    latency,
    makespan,
    memory,
    offers,
    scale,
    sizes,
    submission,
)

#: Pools and servers start, and the machine may be busy.
pytestmark = pytest.mark.timeout(300)


def test_submission_shows_all_ways_on_both_ledgers(capsys: pytest.CaptureFixture[str]) -> None:
    submission.main(["--short"])

    rows = re.findall(
        r"(SQLite|PostgreSQL) +│ +(\d+) +│ +(\d+) +│ +(\d+) +│ +[\d.]+", capsys.readouterr().out
    )
    assert [row[0] for row in rows] == ["SQLite", "PostgreSQL"]
    assert all(int(rate) > 0 for _, *rates in rows for rate in rates)


def test_latency_shows_both_ways_on_both_ledgers(capsys: pytest.CaptureFixture[str]) -> None:
    latency.main(["--short"])

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


def test_killing_a_worker_loses_no_step_and_doubles_none() -> None:
    found = kill.main(["--short", "--ledger", "sqlite"])

    assert [goal.is_reached for goal in found.goals] == [True]
    (rates,) = (chart.rows["SQLite"] for chart in found.charts)
    assert all(rate and rate > 0 for rate in rates)


def test_memory_weighs_parent_and_child_at_rest_and_after_each_round() -> None:
    found = memory.main(["--short", "--ledger", "sqlite"])

    rows = found.charts[0].rows
    assert list(rows) == ["SQLite, parent", "SQLite, child"]
    assert all(len(row) == 3 and all(mb and mb > 1 for mb in row) for row in rows.values())


def test_no_makespan_is_shorter_than_the_longest_path() -> None:
    found = makespan.main(["--short"])

    rows = found.charts[0].rows
    assert rows["SQLite"][0] >= rows["list schedule"][0] >= rows["bound"][0] > 0


def test_scale_measures_each_number_of_nodes_and_shows_what_lies_beyond(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = scale.main(["--short"])

    assert [goal.what for goal in found.goals] == ["efficiency of 2 processes"]
    assert all(rate and rate > 0 for rate in found.charts[0].rows["measured"])
    shown = capsys.readouterr().out
    assert len(re.findall(r"^│ (?:100|1,000) +│ +[\d.]+ +│", shown, re.MULTILINE)) == 6


def test_each_mail_of_the_offers_becomes_a_run_and_each_call_of_the_erp_is_slow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = offers.main(["--short"])

    calls, milliseconds = re.findall(r"ERP: ([\d.]+) a mail, (\d+) ms", capsys.readouterr().out)[0]
    assert float(calls) > 3
    assert int(milliseconds) >= offers.TRYTON_SECONDS * 1000
    assert "create_offer" in found.charts[0].groups


@pytest.mark.parametrize("ledger", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_growth_asks_both_ledgers_and_explains_what_it_sent(ledger: str) -> None:
    found = growth.main(["--short", "--ledger", ledger])

    (row,) = found.charts[0].rows.values()
    assert {"a step of a chain", "why a run waits", "a sweep of maintenance"} <= set(
        found.charts[0].groups
    )
    assert all(ratio and ratio > 0 for ratio in row)
    (read_whole,) = (goal for goal in found.goals if "read a whole table" in goal.what)
    assert read_whole.is_reached


def test_what_is_plotted_can_be_drawn_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.main(["submission", "--short", "--plot", str(tmp_path)])
    picture = tmp_path / "submission.svg"
    drawn = picture.read_text()
    picture.unlink()

    bench.main(["--redraw", str(tmp_path)])

    assert picture.read_text() == drawn
    assert "<script" not in drawn
    assert "PostgreSQL: runs submitted one by one" in capsys.readouterr().out


def test_an_unknown_benchmark_is_told_the_known_ones() -> None:
    with pytest.raises(SystemExit, match="'speed' is no benchmark: it is one of throughput, late"):
        bench.main(["speed"])
