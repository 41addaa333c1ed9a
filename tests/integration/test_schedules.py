"""The verbs of schedules: made, changed, held back, run at once, removed."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Application
from orchestrator.errors import InvalidInput, InvalidSchedule, ScheduleNotFound, UnknownWorkflow
from orchestrator.ledger import Ledger, moved_clock, views
from orchestrator.ledger.tables import events
from orchestrator.ledger.upkeep import schedules
from orchestrator.ledger.upkeep.schedules import Schedule
from orchestrator.upkeep import scheduling
from tests.integration.letters import FITTING, HOUR, asked, found, load


@pytest.fixture(scope="module")
def application() -> Application:
    return load()


@pytest.fixture
def hourly(ledger: Ledger, application: Application) -> Callable[..., Schedule]:
    """Make a schedule; its first time is an hour away."""

    def make(name: str = "letters", **changed: Any) -> Schedule:
        return scheduling.create(ledger, application, asked(name, **changed), by="ann")

    return make


def log(ledger: Ledger) -> list[tuple[str, dict[str, Any]]]:
    query = sa.select(events.c.name, events.c.detail).where(events.c.run_id == "")
    with ledger.read() as connection:
        return [(row.name, json.loads(row.detail)) for row in connection.execute(query)]


def test_while_it_is_paused_nothing_begins_and_what_passed_is_not_caught_up(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly()
    assert schedules.pause(ledger, "letters", by="bob", reason="audit")
    assert not schedules.pause(ledger, "letters", by="bob", reason="audit")
    moved_clock.move(ledger, 2.5 * HOUR)
    assert scheduling.tick(ledger, lambda: application) == []

    assert schedules.resume(ledger, "letters", by="bob", reason="done")

    assert scheduling.tick(ledger, lambda: application) == []
    assert found(ledger).next_at == made.next_at + dt.timedelta(hours=2)
    said = {"schedule": "letters", "by": "bob", "reason": "audit"}
    assert ("schedule.paused", said) in log(ledger)


def test_making_it_again_changes_nothing(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly()
    moved_clock.move(ledger, 60)

    assert hourly() == made
    assert [name for name, _ in log(ledger)] == ["schedule.created"]


def test_another_of_the_same_name_is_refused_unless_it_replaces(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly()
    other = asked(run_input={**FITTING, "number": 8})

    with pytest.raises(InvalidSchedule, match="'letters' is there already"):
        scheduling.create(ledger, application, other, by="bob")
    changed = scheduling.create(ledger, application, other, by="bob", replace_other=True)

    assert changed.input["number"] == 8
    assert changed.next_at == made.next_at
    assert ("schedule.changed", {"schedule": "letters", "by": "bob"}) in log(ledger)


def test_two_that_make_the_same_one_at_once_both_have_it(
    ledger: Ledger, application: Application
) -> None:
    together = threading.Barrier(4)

    def make() -> Schedule:
        together.wait()
        return scheduling.create(ledger, application, asked(), by="ann")

    with ThreadPoolExecutor(4) as threads:
        made = [future.result() for future in [threads.submit(make) for _ in range(4)]]

    assert {schedule.next_at for schedule in made} == {found(ledger).next_at}


def test_it_may_be_run_at_once_beside_its_times(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    made = hourly()

    run_id = scheduling.run_now(ledger, application, "letters", by="bob")

    assert views.run(ledger, run_id).input["number"] == 7
    assert found(ledger).next_at == made.next_at


def test_a_schedule_whose_runs_could_not_begin_is_refused(
    ledger: Ledger, application: Application, hourly: Callable[..., Schedule]
) -> None:
    with pytest.raises(InvalidInput, match="'day' is missing"):
        hourly(run_input={"number": 7})
    with pytest.raises(UnknownWorkflow):
        scheduling.create(ledger, Application({}, {}, {}), asked(), by="ann")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"cron": "@daily"}, "needs one of cron and every"),
        ({"every": None}, "needs one of cron and every"),
        ({"every": "soon"}, "'soon' is no length of time"),
        ({"every": -1}, "every -1 is no distance"),
        ({"every": 0.5}, "is too often"),
        ({"catch_up": "some"}, "'some' is no way of catching up: it is one of none, latest, all"),
        ({"name": "Ä"}, "'Ä' is no name of a schedule"),
        ({"run_input": {"number": object()}}, "cannot be written as JSON"),
    ],
)
def test_what_is_no_schedule_is_refused_with_a_sentence(
    hourly: Callable[..., Schedule], changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidSchedule, match=sentence):
        hourly(**changed)


def test_what_is_not_there_is_said(ledger: Ledger) -> None:
    for verb in (schedules.pause, schedules.resume, schedules.delete):
        with pytest.raises(ScheduleNotFound, match="no schedule has the name 'nightly'"):
            verb(ledger, "nightly", by="ann", reason="")
