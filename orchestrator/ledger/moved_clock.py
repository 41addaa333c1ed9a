"""Business time: what timers, deadlines, backoffs and schedules go by, and tests may move.

How far it is moved is in the ledger, so that every process agrees and a restart forgets
nothing. Leases and queues keep to real time: a worker does not die because a test skips
a month.
"""

import datetime as dt

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import moved_clock
from orchestrator.ledger.upserts import insert_into

_ONLY_ROW = 1


def now(connection: sa.Connection) -> dt.datetime:
    """Return the business time, aware and in UTC."""
    return clock.now() + offset(connection)


def offset(connection: sa.Connection) -> dt.timedelta:
    """Return how far business time is ahead of real time: nothing, unless a test moved it."""
    return dt.timedelta(seconds=connection.execute(_SECONDS).scalar() or 0.0)


def move(ledger: Ledger, seconds: float) -> dt.datetime:
    """Move business time forward; return what time it is then.

    Raises:
        ValueError: it would go back, and what has happened would happen again.
    """
    if seconds < 0:
        raise ValueError(f"business time cannot go back by {-seconds} s: it only moves forward")
    row = insert_into(ledger.engine, moved_clock).values(id=_ONLY_ROW, seconds=seconds)
    added = row.on_conflict_do_update(
        index_elements=[moved_clock.c.id],
        set_={"seconds": moved_clock.c.seconds + row.excluded.seconds},
    )
    with ledger.write() as connection:
        connection.execute(added)
        return now(connection)


_SECONDS = sa.select(moved_clock.c.seconds).where(moved_clock.c.id == _ONLY_ROW)
