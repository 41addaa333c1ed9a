"""When schedules begin runs: by cron in a time zone, or at intervals; and what was missed.

A cron expression speaks of the clock on the wall, which some zones move twice a year:

* a time that is skipped is taken when the clocks are moved on: 03:30 becomes 04:00;
* a time that comes twice is taken the first time, unless the expression asks for every
  hour: `0 * * * *` goes through both.

Times come and go in UTC. Nothing here reads a clock or a ledger.
"""

import datetime as dt
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from orchestrator.errors import InvalidSchedule

#: A time is missed, not just a little late, when it is so long past.
LATE = dt.timedelta(minutes=1)

#: At most so many missed times are caught up at once, the last ones.
MOST_CAUGHT_UP = 100

#: Maintenance looks several times a second, and no closer.
SHORTEST_SECONDS = 1.0

#: What in a schedule's input stands for the time a run was due, and for its date.
SCHEDULED_AT, SCHEDULED_ON = "$scheduled_at", "$scheduled_on"

_HOUR = 1
_FIELDS = 5
_MICROSECOND = dt.timedelta(microseconds=1)

#: croniter's own extension: a field drawn by lot, which every process would draw anew.
_BY_LOT = re.compile(r"(?:^|[\s,])[rh](?:[\s,(/]|$)", re.IGNORECASE)


class CatchUp(StrEnum):
    """What becomes of times that passed while no maintenance ran."""

    NONE = "none"  #: no runs
    LATEST = "latest"  #: one run, for the last of them
    ALL = "all"  #: a run for each, up to `MOST_CAUGHT_UP`


@dataclass(frozen=True, slots=True)
class Cron:
    """Times by a cron expression of five fields, or `@daily` and such, in a time zone.

    Raises:
        InvalidSchedule: it is no such expression, no day ever fits it, or there is no such zone.
    """

    expression: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        zone = zone_of(self.timezone)
        if not self.expression.startswith("@") and len(self.expression.split()) != _FIELDS:
            raise InvalidSchedule(
                f"cron {self.expression!r} has {len(self.expression.split())} fields and needs "
                "five: minute, hour, day of the month, month, day of the week"
            )
        if _BY_LOT.search(self.expression):
            raise InvalidSchedule(
                f"cron {self.expression!r} has a field drawn by lot: write the number"
            )
        try:
            croniter(self.expression, dt.datetime(2026, 1, 1, tzinfo=zone)).get_next()
        except ValueError as error:
            raise InvalidSchedule(f"cron {self.expression!r} names no times: {error}") from error

    def times(self, after: dt.datetime) -> Iterator[dt.datetime]:
        """Return the times after this one, without end."""
        found = croniter(self.expression, after.astimezone(zone_of(self.timezone)))
        asks_for_every_hour = found.expanded[_HOUR] == ["*"]
        while True:
            time: dt.datetime = found.get_next(dt.datetime)
            if asks_for_every_hour or not time.fold:
                yield time.astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Every:
    """Times at equal distances, whatever the clocks on the wall do.

    Raises:
        InvalidSchedule: the distance is too short.
    """

    seconds: float
    anchor: dt.datetime  #: one of the times

    def __post_init__(self) -> None:
        if self.seconds < SHORTEST_SECONDS:
            raise InvalidSchedule(
                f"every {self.seconds:g} s is too often: at least {SHORTEST_SECONDS:g} s lie "
                "between two runs of a schedule"
            )

    def times(self, after: dt.datetime) -> Iterator[dt.datetime]:
        """Return the times after this one, without end."""
        distance = dt.timedelta(seconds=self.seconds)
        time = self.anchor + ((after - self.anchor) // distance) * distance
        while True:
            time += distance
            yield time


Rhythm = Cron | Every


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done about a schedule whose time has come.

    Attributes:
        times: those that get a run, the oldest first.
        next_at: when it is looked at again.
        is_cut: there were more than are caught up at once, and the oldest get no run.
    """

    times: tuple[dt.datetime, ...]
    next_at: dt.datetime
    is_cut: bool = False


def due(rhythm: Rhythm, catch_up: CatchUp, *, since: dt.datetime, now: dt.datetime) -> Due:
    """Decide which times get a run, of those from `since`, which has come, until now."""
    most = MOST_CAUGHT_UP if catch_up is CatchUp.ALL else 1
    # Where a zone's rules have changed meanwhile, `since` is no time any more: it counts.
    passed = last_times(rhythm, since=since, until=now, most=most) or (since,)
    next_at = next(rhythm.times(now))
    if catch_up is CatchUp.NONE and now - passed[-1] > LATE:
        return Due((), next_at)
    return Due(passed, next_at, is_cut=catch_up is CatchUp.ALL and passed[0] > since)


def last_times(
    rhythm: Rhythm, *, since: dt.datetime, until: dt.datetime, most: int
) -> tuple[dt.datetime, ...]:
    """Return the last times from `since` to `until`, both included, at most so many."""
    # Found from the end, in ever wider windows: a year of minutes is half a million times.
    window = LATE
    while True:
        start = max(since, until - window)
        passed = takewhile(lambda time: time <= until, rhythm.times(start - _MICROSECOND))
        found = deque(passed, maxlen=most)
        if len(found) == most or start == since:
            return tuple(found)
        window *= 2


def with_times(value: Any, at: dt.datetime, timezone: str) -> Any:
    """Return a schedule's input with the time it was due filled in, in its own time zone.

    `$scheduled_at` becomes the time and `$scheduled_on` its date, both ISO 8601; they stand
    as whole texts anywhere inside lists and mappings.

    >>> late = dt.datetime(2026, 5, 1, 22, tzinfo=dt.UTC)
    >>> with_times({"day": "$scheduled_on"}, late, "Asia/Tokyo")
    {'day': '2026-05-02'}
    """
    if isinstance(value, Mapping):
        return {name: with_times(inner, at, timezone) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [with_times(inner, at, timezone) for inner in value]
    local = at.astimezone(zone_of(timezone))
    known = {SCHEDULED_AT: local.isoformat(), SCHEDULED_ON: local.date().isoformat()}
    return known.get(value, value) if isinstance(value, str) else value


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone of the IANA's list.

    Raises:
        InvalidSchedule: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise InvalidSchedule(
            f"{name!r} is no time zone: write such as 'Europe/Helsinki' or 'UTC'"
        ) from error
