"""What a reader of all runs' events asks the ledger: what is new, and who still writes.

On PostgreSQL an event has its number before its transaction commits, so a lower number
may appear after a higher one. Whoever wants to miss none has to know who could still
commit one: every transaction that has written an event holds a lock on the table until
it is over, and PostgreSQL shows the holders.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.chunks import CHUNK
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import events, runs


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One line of the log of all runs.

    Attributes:
        workflow: of its run; None when the event is of no run, or the run was pruned.
        detail: what else is known: the reason, who it was (`by`), the error's message.
    """

    id: int
    name: str
    at: dt.datetime
    run_id: str
    workflow: str | None
    step: str | None
    attempt: int | None
    worker: str | None
    detail: dict[str, Any]


def last(ledger: Ledger) -> int:
    """Return the highest number that can be seen; 0 in an empty log."""
    with ledger.read() as connection:
        return connection.execute(sa.select(sa.func.max(events.c.id))).scalar() or 0


def after(ledger: Ledger, number: int, *, limit: int | None) -> list[LoggedEvent]:
    """Return the next events after a number, at most `limit`, in the order of their numbers."""
    query = _EVENTS.where(events.c.id > number).order_by(events.c.id).limit(limit)
    with ledger.read() as connection:
        return [_event(row) for row in connection.execute(query)]


def between(ledger: Ledger, spans: Sequence[range]) -> list[LoggedEvent]:
    """Return the events whose numbers are in one of the spans."""
    found: list[LoggedEvent] = []
    for start in range(0, len(spans), CHUNK):
        inside = [events.c.id.between(s.start, s.stop - 1) for s in spans[start : start + CHUNK]]
        with ledger.read() as connection:
            found += map(_event, connection.execute(_EVENTS.where(sa.or_(*inside))))
    return found


def writers(ledger: Ledger) -> frozenset[str]:
    """Return the open transactions that have written events, or are about to.

    To be asked in a transaction of its own, before the reading: whoever is not named then
    has committed, or will have numbers that are higher than all there are.
    """
    if ledger.is_sqlite:  # where one writes at a time, and numbers are given in that order
        return frozenset()
    with ledger.read() as connection:
        return frozenset(connection.execute(_WRITERS).scalars())


_EVENTS = sa.select(events, runs.c.workflow).select_from(
    events.outerjoin(runs, runs.c.id == events.c.run_id)
)

_WRITERS = sa.text(
    f"""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
      AND relation = '{events.name}'::regclass
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """  # noqa: S608 - the name is the table's own
)


def _event(row: Any) -> LoggedEvent:
    return LoggedEvent(
        id=row.id,
        name=row.name,
        at=row.at,
        run_id=row.run_id,
        workflow=row.workflow,
        step=row.step,
        attempt=row.attempt,
        worker=row.worker,
        detail=json.loads(row.detail) if row.detail else {},
    )
