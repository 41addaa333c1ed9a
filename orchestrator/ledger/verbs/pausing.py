"""Workflows and pools that are held back, and by whom.

A pool that is held back starts nothing: its messages are used up at the claim, their steps
are `ready` again, and the outbox leaves those alone. What lies in a queue that nobody
reads stays there, so a long backlog is not sent a second time.

A workflow that is held back pauses its runs, each by itself: see `paused_runs`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.tables import NOT_ENDED, runs, workers
from orchestrator.ledger.tables import events as log
from orchestrator.ledger.upserts import insert_into
from orchestrator.states import RunState

Kind = Literal["workflow", "pool"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A workflow or a pool that is held back."""

    kind: Kind
    name: str
    by: str
    reason: str
    at: dt.datetime


def is_paused(connection: sa.Connection, kind: Kind, name: str) -> bool:
    """Say whether a workflow or a pool is held back."""
    return connection.execute(_PAUSED, {"kind": kind, "name": name}).first() is not None


_PAUSED = sa.select(pauses.c.at).where(
    pauses.c.kind == sa.bindparam("kind"), pauses.c.name == sa.bindparam("name")
)


def hold(ledger: Ledger, kind: Kind, name: str, *, by: str, reason: str) -> bool:
    """Hold a workflow or a pool back; say whether it was not yet."""
    row = {"kind": kind, "name": name, "by": by, "reason": reason, "at": clock.now()}
    with ledger.write() as connection:
        inserted = insert_into(connection, pauses).values(row).on_conflict_do_nothing()
        # Asked for by RETURNING: of an INSERT on PostgreSQL the driver tells no row count.
        if connection.execute(inserted.returning(pauses.c.name)).first() is None:
            return False
        _tell(connection, f"{kind}.paused", kind, name, by=by, reason=reason)
    return True


def let_go(ledger: Ledger, kind: Kind, name: str, *, by: str, reason: str) -> bool:
    """Let a workflow or a pool go on; say whether it was held back."""
    with ledger.write() as connection:
        held = connection.execute(
            sa.delete(pauses).where(pauses.c.kind == kind, pauses.c.name == name)
        )
        if held.rowcount == 0:
            return False
        _tell(connection, f"{kind}.resumed", kind, name, by=by, reason=reason)
    return True


def held(ledger: Ledger) -> list[Pause]:
    """Return what is held back, by kind and name."""
    with ledger.read() as connection:
        rows = connection.execute(sa.select(pauses).order_by(pauses.c.kind, pauses.c.name))
        return [Pause(row.kind, row.name, row.by, row.reason, row.at) for row in rows]


def is_known(ledger: Ledger, kind: Kind, name: str) -> bool:
    """Say whether the ledger has met a run of this workflow, or a worker of this pool."""
    met = runs.c.workflow if kind == "workflow" else workers.c.pool
    with ledger.read() as connection:
        return connection.execute(sa.select(met).where(met == name).limit(1)).first() is not None


def to_pause(ledger: Ledger) -> list[tuple[str, Pause]]:
    """Return the runs that go on though their workflow is held back, and why they should not.

    A run that somebody resumed since then goes on: so one is tried before all are let go.
    """
    resumed = sa.select(log.c.id).where(
        log.c.run_id == runs.c.id, log.c.name == "run.resumed", log.c.at >= pauses.c.at
    )
    query = (
        sa.select(runs.c.id, pauses)
        .join(pauses, sa.and_(pauses.c.kind == "workflow", pauses.c.name == runs.c.workflow))
        .where(
            _NOT_ENDED,
            runs.c.state.in_((RunState.PENDING, RunState.RUNNING)),
            runs.c.ending.is_(None),
            ~resumed.exists(),
        )
        .order_by(runs.c.id)
    )
    with ledger.read() as connection:
        return [
            (row.id, Pause("workflow", row.name, row.by, row.reason, row.at))
            for row in connection.execute(query)
        ]


def to_resume(ledger: Ledger) -> list[str]:
    """Return the runs that are paused for a workflow that is not held back any more."""
    query = (
        sa.select(runs.c.id)
        .outerjoin(pauses, sa.and_(pauses.c.kind == "workflow", pauses.c.name == runs.c.workflow))
        .where(
            _NOT_ENDED,
            runs.c.state == RunState.PAUSED,
            runs.c.paused_for == "workflow",
            pauses.c.name.is_(None),
        )
        .order_by(runs.c.id)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


_NOT_ENDED = sa.text(f"{runs.name}.{NOT_ENDED}")


def _tell(connection: sa.Connection, event: str, kind: Kind, name: str, **said: Any) -> None:
    detail: dict[str, Any] = {kind: name, **said}
    events.append(connection, event, events.NO_RUN, **detail)
