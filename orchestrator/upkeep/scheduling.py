"""Schedules at work: made, held back, run at once, and ticked by every maintenance.

No process is the leader. Each tick reads which schedules are due, and for each of them one
transaction moves the schedule on and writes its runs: whoever comes second finds it moved,
and a process killed in the middle has done nothing. A run's idempotency key names the
schedule and the time, so that a time gets one run whatever is done to the schedule.
"""

import datetime as dt
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from orchestrator.application import Application
from orchestrator.definition.durations import Duration
from orchestrator.definition.schedules import LATE, MOST_CAUGHT_UP, CatchUp, due, with_times
from orchestrator.errors import InvalidSchedule, Unavailable, WorkflowError
from orchestrator.ledger import Ledger, moved_clock, submission
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.upkeep import schedules
from orchestrator.ledger.upkeep.schedules import Schedule
from orchestrator.states import AnyPriority, Priority
from orchestrator.verbs.asking import Asking

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_EVERY: TypeAdapter[float] = TypeAdapter(Duration)


def create(
    ledger: Ledger,
    application: Application,
    wanted: schedules.Asked,
    *,
    by: str,
    replace_other: bool = False,
) -> Schedule:
    """Make a schedule, or with `replace_other` change the one of this name.

    Raises:
        InvalidSchedule: it names no times, or the name is taken.
        WorkflowError: its workflow is unknown, or does not take its input.
    """
    with ledger.read() as connection:
        now = moved_clock.now(connection)
    _submission(Asking(application, ledger), wanted, next(wanted.rhythm(now).times(now)))
    return schedules.put(ledger, wanted, by=by, replace=replace_other)


def tick(ledger: Ledger, application: Callable[[], Application]) -> list[str]:
    """Begin the runs whose times have come; return the ids of those that are new.

    Args:
        application: called when a schedule is due.

    Raises:
        Unavailable: the ledger does not answer.
    """
    now, seen = schedules.due(ledger)
    begun: list[str] = []
    for schedule in seen:
        try:
            begun += _begin(ledger, application(), schedule, now)
        except Unavailable:
            raise
        except Exception:  # the other schedules must not wait for a bug in this one
            log.exception("schedule %r could not be ticked", schedule.name)
    return begun


def run_now(ledger: Ledger, application: Application, name: str, *, by: str) -> str:
    """Begin a run of a schedule at once, beside its times; return the run's id.

    Raises:
        ScheduleNotFound: none has this name.
        WorkflowError: its workflow is unknown by now, or does not take its input.
    """
    with ledger.write() as connection:
        schedule = schedules.find(connection, name, lock=True)
        at = moved_clock.now(connection)
        run_id, _ = submission.insert(
            connection, _submission(Asking(application, ledger), schedule, at, by=by)
        )
        schedules.note(connection, "schedule.run", name, by=by, run=run_id)
        return run_id


def wanted(
    name: str,
    workflow: str,
    run_input: Mapping[str, Any],
    *,
    cron: str | None,
    every: float | str | None,
    timezone: str,
    catch_up: CatchUp | str,
    priority: AnyPriority | None,
) -> schedules.Asked:
    """Return what a schedule is to do, each part checked.

    Args:
        every: seconds, or a text such as `15 min`.

    Raises:
        InvalidSchedule: a part is wrong.
    """
    if not _NAME.fullmatch(name):
        raise InvalidSchedule(
            f"{name!r} is no name of a schedule: begin with a small letter, then up to 63 small "
            "letters, digits, `_`, `.` and `-`"
        )
    if (cron is None) is (every is None):
        raise InvalidSchedule(f"schedule {name!r} needs one of cron and every")
    if catch_up not in list(CatchUp):
        known = ", ".join(CatchUp)
        raise InvalidSchedule(f"{catch_up!r} is no way of catching up: it is one of {known}")
    return schedules.Asked(
        name=name,
        workflow=workflow,
        input=_plain(name, run_input),
        cron=cron,
        every=None if every is None else _seconds(every),
        timezone=timezone,
        catch_up=CatchUp(catch_up),
        priority=None if priority is None else Priority.of(priority),
    )


def _seconds(every: float | str) -> float:
    try:
        return _EVERY.validate_python(every)
    except ValidationError as error:
        why = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise InvalidSchedule(f"every {every!r} is no distance: {why}") from error


def _plain(name: str, run_input: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {key: to_jsonable_python(value) for key, value in run_input.items()}
    except PydanticSerializationError as error:
        raise InvalidSchedule(
            f"the input of schedule {name!r} cannot be written as JSON: {error}"
        ) from error


def _submission(
    asking: Asking,
    schedule: schedules.Asked,
    at: dt.datetime,
    *,
    key: str | None = None,
    by: str = "its schedule",
) -> Submission:
    return asking(
        schedule.workflow,
        with_times(schedule.input, at, schedule.timezone),
        priority=schedule.priority,
        idempotency_key=key,
        detail={"schedule": schedule.name, "by": by},
    )


def _begin(ledger: Ledger, application: Application, seen: Schedule, now: dt.datetime) -> list[str]:
    if seen.workflow not in application.workflows and now - seen.next_at < LATE:
        return []  # while a new version is rolled out, another maintenance may know it
    decided = due(seen.rhythm(seen.next_at), seen.catch_up, since=seen.next_at, now=now)
    with ledger.write() as connection:
        schedule = schedules.take(connection, seen, decided.next_at)
        if schedule is None:
            return []
        asking = Asking(application, ledger)
        runs = [_begin_one(connection, asking, schedule, at) for at in decided.times]
        if decided.is_cut:
            _tell_cut(connection, schedule, before=decided.times[0])
    return [run_id for run_id in runs if run_id is not None]


def _begin_one(
    connection: sa.Connection, asking: Asking, schedule: Schedule, at: dt.datetime
) -> str | None:
    key = f"schedule:{schedule.name}:{at.isoformat()}"
    try:
        run_id, is_new = submission.insert(connection, _submission(asking, schedule, at, key=key))
    except WorkflowError as error:
        log.warning("schedule %r began no run for %s: %s", schedule.name, at, error)
        schedules.failed(connection, schedule.name, at, f"no run for {at.isoformat()}: {error}")
        return None
    schedules.began(connection, schedule.name, at, run_id)
    return run_id if is_new else None


def _tell_cut(connection: sa.Connection, schedule: Schedule, *, before: dt.datetime) -> None:
    error = (
        f"no runs for the times that were missed before {before.isoformat()}: "
        f"at most {MOST_CAUGHT_UP} are caught up at once"
    )
    log.warning("schedule %r: %s", schedule.name, error)
    schedules.failed(connection, schedule.name, before, error)
