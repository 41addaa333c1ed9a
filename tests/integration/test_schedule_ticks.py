"""A schedule begins one run a time, whoever ticks and whatever ends them."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Application, Priority, RunState, failpoints
from orchestrator.definition.schedules import zone_of
from orchestrator.ledger import Ledger, moved_clock, views
from orchestrator.ledger.tables import events, runs
from orchestrator.ledger.upkeep import schedules
from orchestrator.ledger.upkeep.schedules import Schedule
from orchestrator.upkeep import scheduling
from tests.integration.letters import HOUR, LETTER, asked, found, load
from tests.waiting import eventually


@pytest.fixture(scope="module")
def application() -> Application:
    return load()


@pytest.fixture
def hourly(ledger: Ledger, application: Application) -> Callable[..., Schedule]:
    """Make a schedule; its first time is an hour away."""

    def make(name: str = "letters", **changed: Any) -> Schedule:
        return scheduling.create(ledger, application, asked(name, **changed), by="ann")

    return make


def log(ledger: Ledger) -> list[str]:
    """Return what happened to schedules."""
    query = sa.select(events.c.name).where(events.c.run_id == "").order_by(events.c.id)
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def test_nothing_begins_before_its_time(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly()

    assert scheduling.tick(ledger, lambda: application) == []


def test_when_its_time_has_come_a_run_begins_with_the_time_in_its_input(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly(timezone="Europe/Helsinki", priority=Priority.HIGH)
    moved_clock.move(ledger, HOUR)

    (run_id,) = scheduling.tick(ledger, lambda: application)

    run = views.run(ledger, run_id)
    day = made.next_at.astimezone(zone_of("Europe/Helsinki")).date()
    assert (run.workflow, run.state, run.priority) == ("letter", RunState.PENDING, Priority.HIGH)
    assert run.input == {"number": 7, "day": day.isoformat()}
    assert run.idempotency_key == f"schedule:letters:{made.next_at.isoformat()}"
    moved = found(ledger)
    assert (moved.last_at, moved.last_run) == (made.next_at, run_id)
    assert moved.next_at == made.next_at + dt.timedelta(hours=1)


def test_of_many_that_tick_at_once_one_begins_the_run(
    ledger_url: str, ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    for number in range(5):
        hourly(f"letters-{number}")
    moved_clock.move(ledger, HOUR)
    together = threading.Barrier(6)

    def tick() -> list[str]:
        own = Ledger(ledger_url)
        together.wait()
        begun = scheduling.tick(own, lambda: application)
        own.close()
        return begun

    with ThreadPoolExecutor(6) as threads:
        ticks = [threads.submit(tick) for _ in range(6)]
        begun = [run_id for each in ticks for run_id in each.result()]

    assert len(begun) == 5
    assert len(views.list_runs(ledger)) == 5


def test_missed_times_get_a_run_each_and_never_another(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly()
    moved_clock.move(ledger, 3.5 * HOUR)

    assert len(scheduling.tick(ledger, lambda: application)) == 3
    assert scheduling.tick(ledger, lambda: application) == []


def test_only_the_last_missed_time_gets_a_run_where_that_is_asked(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly(catch_up="latest")
    moved_clock.move(ledger, 3.5 * HOUR)

    assert len(scheduling.tick(ledger, lambda: application)) == 1
    assert found(ledger).last_at == made.next_at + dt.timedelta(hours=2)


def test_times_that_are_too_many_to_catch_up_are_told(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly(every=60.0)
    moved_clock.move(ledger, 102 * 60)

    assert len(scheduling.tick(ledger, lambda: application)) == 100
    assert "at most 100 are caught up at once" in str(found(ledger).error)


def test_a_process_that_is_killed_in_mid_tick_has_done_nothing_and_the_next_does_all(
    ledger_url: str,
    ledger: Ledger,
    application: Application,
    hourly: Callable[..., Schedule],
) -> None:
    made = hourly()
    moved_clock.move(ledger, HOUR)
    trap = {failpoints.VARIABLE: "ledger.committing=kill"}
    command = [sys.executable, "-m", "tests.integration.letters", ledger_url]

    ended = subprocess.run(command, env={**os.environ, **trap}, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert views.list_runs(ledger) == []
    assert found(ledger) == made
    assert len(scheduling.tick(ledger, lambda: application)) == 1


def test_a_schedule_that_is_removed_and_made_again_repeats_no_time(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly(cron="0 9 * * *", every=None)
    moved_clock.move(ledger, 86400)
    (run_id,) = scheduling.tick(ledger, lambda: application)
    again = {**schedules._row(made), "created_at": made.created_at, "by": "ann"}
    schedules.delete(ledger, "letters", by="ann", reason="")
    with ledger.write() as connection:
        schedules._insert_new(connection, {**again, "next_at": made.next_at})

    assert scheduling.tick(ledger, lambda: application) == []
    assert found(ledger).last_run == run_id


def test_a_workflow_that_is_gone_is_told_and_the_schedule_goes_on(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly()
    moved_clock.move(ledger, HOUR + 120)

    assert scheduling.tick(ledger, lambda: Application(application.tasks, {}, {})) == []

    told = found(ledger)
    assert told.error is not None
    assert made.next_at.isoformat() in told.error
    assert "no package and no file defines workflow 'letter'" in told.error
    assert "schedule.failed" in log(ledger)
    moved_clock.move(ledger, HOUR)
    assert len(scheduling.tick(ledger, lambda: application)) == 1
    assert found(ledger).error is None


def test_a_maintenance_that_does_not_know_a_workflow_leaves_it_to_another_for_a_minute(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly()
    moved_clock.move(ledger, HOUR)

    assert scheduling.tick(ledger, lambda: Application(application.tasks, {}, {})) == []
    assert len(scheduling.tick(ledger, lambda: application)) == 1


def test_an_input_that_no_longer_fits_is_told(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly()
    moved_clock.move(ledger, HOUR)
    changed = LETTER.model_copy(update={"steps": LETTER.steps[:1]})

    scheduling.tick(ledger, lambda: Application(application.tasks, {"letter": changed}, {}))

    assert "no step takes 'day'" in str(found(ledger).error)


def test_one_that_is_broken_does_not_hold_up_the_others(
    ledger: Ledger,
    application: Application,
    hourly: Callable[..., Schedule],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hourly("a-broken")
    hourly("b-sound")
    with ledger.write() as connection:
        schedules._update(connection, "a-broken", timezone="Europe/Nowhere", cron="@hourly")
    moved_clock.move(ledger, HOUR)

    assert len(scheduling.tick(ledger, lambda: application)) == 1
    assert "'a-broken' could not be ticked" in caplog.text


def test_a_run_is_there_exactly_when_the_schedule_has_moved(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    hourly(every=1.0)
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            scheduling.tick(ledger, lambda: application)

    tickers = [threading.Thread(target=tick) for _ in range(3)]
    for ticker in tickers:
        ticker.start()
    moved_clock.move(ledger, 30)
    eventually(lambda: found(ledger).last_at is not None)
    stop.set()
    for ticker in tickers:
        ticker.join()

    with ledger.read() as connection:
        keys = connection.execute(sa.select(runs.c.idempotency_key)).scalars().all()
    assert len(keys) == len(set(keys)) >= 30
