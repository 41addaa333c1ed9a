"""When a work centre is open, and when work that begins then is done.

A work centre opens on its days at its local time and stays open for its hours; where the clocks
are set meanwhile it closes an hour of the clock earlier or later, and works as long. Work that is
not done when it closes lies there until it opens again.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from orchestrator.errors import DoNotRetry
from tasks.scheduling.contracts import WorkCentre

#: A work centre that opens on no day would be asked for ever.
_DAYS_AHEAD = 3660
_DAY = dt.timedelta(days=1)


class NeverOpen(DoNotRetry):
    """A work centre has no hours, or no days."""


def shifts(centre: WorkCentre, since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yield from when until when it is open, in UTC: the first shift is the one that ends after.

    Raises:
        NeverOpen: it has no hours, or no days.
    """
    if centre.hours_a_day <= 0 or not centre.days:
        raise NeverOpen(f"work centre {centre.name!r} is never open: give it hours and days")
    zone = ZoneInfo(centre.zone)
    # From the day before: a night shift that began then may still be on.
    day = since.astimezone(zone).date() - _DAY
    for _ in range(_DAYS_AHEAD):
        if day.isoweekday() in centre.days:
            opens = _opening(centre, day, zone)
            closes = opens + span(centre.hours_a_day)
            if (day + _DAY).isoweekday() in centre.days:  # a night that is an hour short is one
                closes = min(closes, _opening(centre, day + _DAY, zone))
            if closes > since:
                yield opens, closes
        day += _DAY


def first_open(centre: WorkCentre, since: dt.datetime) -> dt.datetime:
    """Return the first moment from then on at which it is open.

    Raises:
        NeverOpen: it has no hours, or no days.
    """
    opens, _ = next(shifts(centre, since))
    return max(opens, since)


def end_of(centre: WorkCentre, start: dt.datetime, hours: Decimal) -> dt.datetime:
    """Return when so many hours of work are done that begin then.

    Raises:
        NeverOpen: it has no hours, or no days.
    """
    left = span(hours)
    for opens, closes in shifts(centre, start):
        begin = max(opens, start)
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    raise NeverOpen(f"work centre {centre.name!r} does not do {hours} h in ten years: split it")


def span(hours: Decimal) -> dt.timedelta:
    """Return so many hours as a length of time, in whole seconds, a part of one being one."""
    seconds = hours * 3600
    return dt.timedelta(seconds=int(seconds.to_integral_value(rounding="ROUND_CEILING")))


def _opening(centre: WorkCentre, day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, centre.opens, zone).astimezone(dt.UTC)
