"""What time it is: the ledger's time, which all hosts share, kept by a clock that nobody sets.

A process hears the ledger's time with the connections that it takes to it; in between it
counts by itself. So the clock of a host may be wrong, or be set while a step waits: what
was queued a second ago is a second old to everybody. Before a process has heard the ledger,
it goes by its host.
"""

import datetime as dt
import time
from dataclasses import dataclass

from orchestrator.failpoints import clock_step

#: What the ledger says may differ by so much from what was counted: the answer's way, a pause.
_SLACK = dt.timedelta(seconds=2)
#: SQLite says whole milliseconds: what was counted since another answer is nearer to the truth.
_PRECISION = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """The ledger's time, and what the own count was then."""

    time: dt.datetime
    count: float
    stepped_at: float | None  #: the count when the ledger's own clock was found to have been set


_agreed: _Agreed | None = None


def now() -> dt.datetime:
    """Return the time, aware and in UTC."""
    if _agreed is None:
        return dt.datetime.now(dt.UTC) + clock_step()
    return _agreed.time + dt.timedelta(seconds=_count() - _agreed.count)


def agree(ledger_time: dt.datetime) -> None:
    """Go by the time that the ledger has said just now.

    One that is behind by less than the ledger says exactly changes nothing: what is written one
    after the other would else seem to be the other way round.
    """
    global _agreed  # noqa: PLW0603 - a process has one clock
    if _agreed is not None and dt.timedelta(0) <= now() - ledger_time < _PRECISION:
        return
    count = _count()
    stepped_at = None if _agreed is None else _agreed.stepped_at
    if _agreed is not None and abs(ledger_time - now()) > _SLACK:
        stepped_at = count
    _agreed = _Agreed(ledger_time, count, stepped_at)


def was_set_within(seconds: float) -> bool:
    """Say whether the ledger's own clock was set so lately that leases cannot be judged by it."""
    stepped_at = None if _agreed is None else _agreed.stepped_at
    return stepped_at is not None and _count() - stepped_at < seconds


def _count() -> float:
    """Return seconds that nobody can set; where there is such a clock, those asleep too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
