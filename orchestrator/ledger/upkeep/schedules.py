"""The rows of schedules, and the one UPDATE that decides who begins their runs."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition.schedules import CatchUp, Cron, Every, Rhythm
from orchestrator.errors import InvalidSchedule, ScheduleNotFound
from orchestrator.ledger import events, moved_clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import schedules
from orchestrator.ledger.upserts import insert_into
from orchestrator.states import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a schedule is to do.

    Attributes:
        input: of each run, before the times are filled in.
        priority: of the runs; the workflow's, unless given.
        every: seconds; of `cron` and `every` one is given.
    """

    name: str
    workflow: str
    input: dict[str, Any]
    cron: str | None
    every: float | None
    timezone: str
    catch_up: CatchUp
    priority: Priority | None

    def rhythm(self, anchor: dt.datetime) -> Rhythm:
        """Return its times; those of an interval lie on a grid through the anchor."""
        if self.cron is not None:
            return Cron(self.cron, self.timezone)
        return Every(self.every or 0.0, anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Asked):
    """A schedule as the ledger has it.

    Attributes:
        by: who made it.
        last_at: the time of the last run it began; `last_run` is that run.
        error: why the last time that came got no run, a sentence.
        paused_at: since when it is held back.
    """

    by: str
    created_at: dt.datetime
    next_at: dt.datetime
    last_at: dt.datetime | None
    last_run: str | None
    error: str | None
    paused_at: dt.datetime | None


def put(ledger: Ledger, asked: Asked, *, by: str, replace: bool) -> Schedule:
    """Write a schedule; one that is there already and asks for the same stays as it is.

    Args:
        replace: change one that asks for something else. Its next time stays, unless
            that is what is changed.

    Raises:
        InvalidSchedule: one of this name asks for something else.
    """
    with ledger.write() as connection:
        now = moved_clock.now(connection)
        row = {**_row(asked), "next_at": next(asked.rhythm(now).times(now))}
        fixed = {"created_at": clock.now(), "by": by}
        if _insert_new(connection, {**row, **fixed}):
            note(connection, "schedule.created", asked.name, by=by)
            return find(connection, asked.name)
        found = find(connection, asked.name, lock=True)
        if _row(found) == _row(asked):
            return found
        if not replace:
            raise InvalidSchedule(
                f"schedule {asked.name!r} is there already and does something else: replace it, "
                "remove it first, or choose another name"
            )
        if _times(found) == _times(asked):
            del row["next_at"]
        _update(connection, asked.name, **row, error=None)
        note(connection, "schedule.changed", asked.name, by=by)
        return find(connection, asked.name)


def find(connection: sa.Connection, name: str, *, lock: bool = False) -> Schedule:
    """Return a schedule.

    Raises:
        ScheduleNotFound: none has this name.
    """
    query = sa.select(schedules).where(schedules.c.name == name)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ScheduleNotFound(
            f"no schedule has the name {name!r}: `orchestrator schedules list` shows them"
        )
    return _schedule(row)


def list_schedules(ledger: Ledger) -> list[Schedule]:
    """Return the schedules, in the order of their names."""
    with ledger.read() as connection:
        return [_schedule(row) for row in connection.execute(_ALL)]


def due(ledger: Ledger) -> tuple[dt.datetime, list[Schedule]]:
    """Return the business time, and the schedules whose time has come."""
    with ledger.read() as connection:
        now = moved_clock.now(connection)
        return now, [_schedule(row) for row in connection.execute(_DUE, {"now": now})]


def take(connection: sa.Connection, seen: Schedule, next_at: dt.datetime) -> Schedule | None:
    """Move a schedule on from the time that was seen; None if somebody else has.

    Of all that saw the same time one gets the schedule, and begins its runs in this
    transaction: they are there if, and only if, the schedule has moved on.
    """
    taken = connection.execute(
        sa.update(schedules)
        .where(
            schedules.c.name == seen.name,
            schedules.c.next_at == seen.next_at,
            schedules.c.paused_at.is_(None),
        )
        .values(next_at=next_at)
        .returning(*schedules.c)
    ).one_or_none()
    return None if taken is None else _schedule(taken)


def began(connection: sa.Connection, name: str, at: dt.datetime, run_id: str) -> None:
    """Note the last run that a schedule began."""
    _update(connection, name, last_at=at, last_run=run_id, error=None)


def failed(connection: sa.Connection, name: str, at: dt.datetime, error: str) -> None:
    """Note why a time of a schedule got no run."""
    _update(connection, name, error=error)
    note(connection, "schedule.failed", name, at=at.isoformat(), error=error)


def pause(ledger: Ledger, name: str, *, by: str, reason: str) -> bool:
    """Hold a schedule back; say whether it was not yet."""
    with ledger.write() as connection:
        if find(connection, name, lock=True).paused_at is not None:
            return False
        _update(connection, name, paused_at=clock.now())
        note(connection, "schedule.paused", name, by=by, reason=reason)
        return True


def resume(ledger: Ledger, name: str, *, by: str, reason: str) -> bool:
    """Let a paused schedule go on from its next time; say whether it was paused.

    What came while it was paused is not caught up: it was held back on purpose.
    """
    with ledger.write() as connection:
        found = find(connection, name, lock=True)
        if found.paused_at is None:
            return False
        next_at = next(found.rhythm(found.next_at).times(moved_clock.now(connection)))
        _update(connection, name, paused_at=None, next_at=next_at)
        note(connection, "schedule.resumed", name, by=by, reason=reason)
        return True


def delete(ledger: Ledger, name: str, *, by: str, reason: str) -> None:
    """Remove a schedule; the runs it began stay.

    Raises:
        ScheduleNotFound: none has this name.
    """
    with ledger.write() as connection:
        find(connection, name, lock=True)
        connection.execute(sa.delete(schedules).where(schedules.c.name == name))
        note(connection, "schedule.deleted", name, by=by, reason=reason)


def note(connection: sa.Connection, event: str, name: str, **detail: Any) -> None:
    """Write an event of a schedule; it belongs to no run."""
    events.append(connection, event, events.NO_RUN, schedule=name, **detail)


def _insert_new(connection: sa.Connection, row: dict[str, Any]) -> bool:
    inserted = insert_into(connection, schedules).values(row).on_conflict_do_nothing()
    return connection.execute(inserted.returning(schedules.c.name)).first() is not None


def _update(connection: sa.Connection, schedule: str, **values: Any) -> None:
    connection.execute(sa.update(schedules).where(schedules.c.name == schedule).values(**values))


def _row(asked: Asked) -> dict[str, Any]:
    return {
        "name": asked.name,
        "workflow": asked.workflow,
        "input": json.dumps(asked.input, sort_keys=True),
        "cron": asked.cron,
        "every": asked.every,
        "timezone": asked.timezone,
        "catch_up": asked.catch_up,
        "priority": asked.priority,
    }


def _times(asked: Asked) -> tuple[object, ...]:
    return asked.cron, asked.every, asked.timezone


def _schedule(row: Any) -> Schedule:
    return Schedule(
        **{
            **row._asdict(),
            "input": json.loads(row.input),
            "catch_up": CatchUp(row.catch_up),
            "priority": None if row.priority is None else Priority(row.priority),
        }
    )


_ALL = sa.select(schedules).order_by(schedules.c.name)
_DUE = (
    sa.select(schedules)
    .where(schedules.c.next_at <= sa.bindparam("now"), schedules.c.paused_at.is_(None))
    .order_by(schedules.c.next_at, schedules.c.name)
)
