"""`orchestrator schedules` and `orchestrator db prune`, on a ledger that nobody ticks."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.cli.exits import Exit
from orchestrator.ledger import Ledger
from orchestrator.ledger.tables import runs
from tests.integration.command_line import Run, document, install

DAILY = ("schedules", "add", "daily", "add", "--set", "a=1", "--set", "b=2", "--cron", "0 9 * * *")


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


def test_a_schedule_is_added_and_listed(orchestrator: Run) -> None:
    told = orchestrator(*DAILY, "--timezone", "Europe/Helsinki", "--priority", "high").stderr

    (listed,) = document(orchestrator("schedules", "list", "--json"))
    assert "schedule daily begins its next run at" in told
    assert " 09:00:00 +0" in told
    assert (listed["name"], listed["workflow"], listed["cron"]) == ("daily", "add", "0 9 * * *")
    assert (listed["priority"], listed["input"]) == ("high", {"a": 1, "b": 2})
    assert "@" in listed["by"]
    assert "0 9 * * * Europe/Helsinki" in orchestrator("schedules", "list").stdout


def test_next_prints_its_times_in_its_zone(orchestrator: Run) -> None:
    orchestrator(*DAILY, "--timezone", "Asia/Kathmandu")

    lines = orchestrator("schedules", "next", "daily", "--count", "3").stdout.splitlines()

    assert [line[-14:] for line in lines] == ["09:00:00 +0545"] * 3
    times = document(orchestrator("schedules", "next", "daily", "--json"))
    assert all(dt.datetime.fromisoformat(time).tzinfo for time in times)


def test_it_is_paused_and_resumed_once(orchestrator: Run) -> None:
    orchestrator(*DAILY)

    orchestrator("schedules", "pause", "daily", "--reason", "audit")
    assert "paused" in orchestrator("schedules", "list").stdout
    told = orchestrator("schedules", "next", "daily")
    assert len(told.stdout.splitlines()) == 5
    assert told.stderr == "schedule daily is paused, and begins no run until it is resumed\n"
    orchestrator("schedules", "pause", "daily", code=Exit.FAILED)
    orchestrator("schedules", "resume", "daily", "--by", "ann")
    orchestrator("schedules", "resume", "daily", code=Exit.FAILED)


def test_it_is_changed_only_when_that_is_asked(orchestrator: Run) -> None:
    orchestrator(*DAILY)
    other = [*DAILY[:-2], "--every", "90"]

    refused = orchestrator(*other, code=Exit.USAGE)
    orchestrator(*other, "--replace")

    assert "'daily' is there already" in refused.stderr
    (listed,) = document(orchestrator("schedules", "list", "--json"))
    assert (listed["cron"], listed["every"]) == (None, 90.0)
    assert "every 1 min 30 s" in orchestrator("schedules", "list").stdout


def test_it_is_run_at_once_and_removed(orchestrator: Run) -> None:
    orchestrator(*DAILY)

    run_id = orchestrator("schedules", "run", "daily").stdout.strip()
    orchestrator("schedules", "remove", "daily")

    assert document(orchestrator("runs", "show", run_id, "--json"))["input"] == {"a": 1, "b": 2}
    assert orchestrator("schedules", "list").stderr.startswith("no schedules: ")


@pytest.mark.parametrize("verb", ["pause", "resume", "remove", "next", "run"])
def test_what_is_not_there_is_said(orchestrator: Run, verb: str) -> None:
    refused = orchestrator("schedules", verb, "nightly", code=Exit.NOT_FOUND)

    assert "no schedule has the name 'nightly'" in refused.stderr


def test_old_runs_are_counted_before_they_are_deleted(
    orchestrator: Run, sqlite_ledger_url: str
) -> None:
    begun = orchestrator("run", "add", "--set", "a=1", "--set", "b=2").stdout.strip()
    end_long_ago(sqlite_ledger_url)

    counted = orchestrator("db", "prune", "--dry-run").stderr
    assert counted == "1 run would be deleted\n"
    orchestrator("runs", "show", begun)
    assert "deleted 1 run" in orchestrator("db", "prune").stderr
    orchestrator("runs", "show", begun, code=Exit.NOT_FOUND)


def end_long_ago(url: str) -> None:
    ledger = Ledger(url)
    with ledger.write() as connection:
        ended_at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        connection.execute(sa.update(runs).values(state="succeeded", ended_at=ended_at))
    ledger.close()
