"""Which step a session puts before those that it has not let start yet."""

from typing import Any

import sqlalchemy as sa

from orchestrator import modes
from orchestrator.ledger.sessions.session_steps import (
    DOING,
    LET_START,
    ORDER,
    busy_of,
    candidates_of,
)
from orchestrator.ledger.tables import RUN_IS_GATED, runs, steps
from orchestrator.modes import Doing
from orchestrator.states import ExecutionMode
from orchestrator.why.facts import Ahead


def ahead(connection: sa.Connection, session: str, mode: ExecutionMode) -> Ahead | None:
    """Return what goes first in a session, which may be the step that is asked about.

    Returns:
        None where nothing does, or where steps wait for what they take and not for each other.
    """
    if mode is ExecutionMode.SEQUENTIAL:
        return (
            _busy(connection, session, DOING != Doing.MAKES_WAY)
            or _ending(connection, session)
            or _candidate(connection, session, mode)
        )
    if mode is ExecutionMode.PRIORITY:
        found = (
            _busy(connection, session, DOING == Doing.WORKS),
            _candidate(connection, session, mode),
        )
        return min(filter(None, found), key=lambda first: first.level, default=None)
    return None


def _busy(connection: sa.Connection, session: str, which: sa.ColumnElement[bool]) -> Ahead | None:
    query = (
        sa.select(runs.c.id, steps.c.name, steps.c.priority)
        .join_from(runs, steps, runs.c.id == steps.c.run_id)
        .where(runs.c.session_id == session, *LET_START, which)
        .order_by(steps.c.priority, *ORDER)
    )
    return _ahead(connection.execute(query.limit(1)).one_or_none())


def _ending(connection: sa.Connection, session: str) -> Ahead | None:
    query = sa.select(runs.c.id, sa.null(), runs.c.priority).where(
        runs.c.session_id == session, RUN_IS_GATED, runs.c.ending.is_not(None)
    )
    return _ahead(connection.execute(query.limit(1)).one_or_none())


def _candidate(connection: sa.Connection, session: str, mode: ExecutionMode) -> Ahead | None:
    within = modes.innermost(busy_of(connection, session, mode))
    found = candidates_of(connection, session, mode, within=within, supply={})
    return Ahead(*found[0].place, found[0].level) if found else None


def _ahead(row: Any) -> Ahead | None:
    return None if row is None else Ahead(*row)
