"""Sessions: groups of runs that share a mode."""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from orchestrator import clock, limits
from orchestrator.errors import ConfigurationError, Refused, SessionNotFound
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import sessions
from orchestrator.ledger.tables import runs, steps
from orchestrator.states import ExecutionMode, RunState, StepState

#: As long as the column.
_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Session:
    """A group of runs that share a mode.

    Attributes:
        closed_at: since when it takes no more runs; those it has go on.
        runs: how many of its runs are in each state, child runs left out.
        steps: how many steps of all its runs are in each state, undoings left out.
    """

    id: str
    name: str
    mode: ExecutionMode
    by: str
    created_at: dt.datetime
    closed_at: dt.datetime | None
    runs: Mapping[RunState, int] = field(default_factory=dict)
    steps: Mapping[StepState, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Say whether it takes more runs."""
        return self.closed_at is None

    @property
    def progress(self) -> float:
        """The share of its steps that have ended, 0 to 1; of a map's only those made so far."""
        ended = sum(count for state, count in self.steps.items() if state.is_final)
        return ended / max(1, sum(self.steps.values()))


def create(ledger: Ledger, name: str, mode: ExecutionMode, *, by: str) -> Session:
    """Write a session down that takes runs from now on.

    Raises:
        ConfigurationError: the name is empty, too long, or no line of text.
    """
    if not name.strip() or len(name) > _NAME_CHARACTERS or not name.isprintable():
        raise ConfigurationError(
            f"{name!r} is no name for a session: it is one line of text, of at most "
            f"{_NAME_CHARACTERS} characters"
        )
    made = Session(secrets.token_hex(8), name, mode, by, clock.now(), closed_at=None)
    row = {"id": made.id, "name": name, "mode": mode, "by": by, "created_at": made.created_at}
    with ledger.write() as connection:
        connection.execute(sa.insert(sessions), row)
        said: dict[str, Any] = {"session": made.id, "called": name, "mode": mode, "by": by}
        events.append(connection, "session.created", events.NO_RUN, **said)
    return made


def close(ledger: Ledger, session: str, *, by: str, reason: str) -> bool:
    """Let a session take no more runs; say whether it took any until now.

    Raises:
        SessionNotFound: none has this id.
    """
    with ledger.write() as connection:
        closed = connection.execute(
            sa.update(sessions)
            .where(sessions.c.id == session, sessions.c.closed_at.is_(None))
            .values(closed_at=clock.now())
        )
        if closed.rowcount:
            said: dict[str, Any] = {"session": session, "by": by, "reason": reason}
            events.append(connection, "session.closed", events.NO_RUN, **said)
        else:
            _row(connection, session)
        return bool(closed.rowcount)


def is_gated(connection: sa.Connection, session: str, *, is_child: bool) -> bool:
    """Say whether the steps of a new run start when its session admits them.

    Args:
        is_child: of a run that is in the session already; a closed one takes it too.

    Raises:
        SessionNotFound: none has this id.
        Refused: it is closed.
    """
    row = _row(connection, session)
    if row.closed_at is not None and not is_child:
        raise Refused(
            f"session {session} ({row.name!r}) was closed at {row.closed_at:%Y-%m-%d %H:%M:%S} "
            "UTC and takes no more runs: create another"
        )
    return bool(row.mode != ExecutionMode.PARALLEL)


def of_run(ledger: Ledger, run_id: str) -> str | None:
    """Return the session that says when the steps of a run start, if one does."""
    query = sa.select(runs.c.session_id).where(runs.c.id == run_id, runs.c.gated)
    with ledger.read() as connection:
        return connection.execute(query).scalar()


def find(ledger: Ledger, session: str) -> Session:
    """Return a session with what has become of its runs.

    Raises:
        SessionNotFound: none has this id.
    """
    with ledger.read() as connection:
        row = _row(connection, session)
        return _session(row, _runs(connection, session), _steps(connection, session))


def list_sessions(ledger: Ledger, *, with_closed: bool = False, limit: int = 50) -> list[Session]:
    """Return sessions with what has become of their runs, the newest first."""
    query = sa.select(sessions).order_by(sessions.c.created_at.desc(), sessions.c.id)
    query = query.limit(limits.checked(limit))
    if not with_closed:
        query = query.where(sessions.c.closed_at.is_(None))
    with ledger.read() as connection:
        return [
            _session(row, _runs(connection, row.id), _steps(connection, row.id))
            for row in connection.execute(query).all()
        ]


def _row(connection: sa.Connection, session: str) -> Any:
    row = connection.execute(sa.select(sessions).where(sessions.c.id == session)).one_or_none()
    if row is None:
        raise SessionNotFound(
            f"no session has the id {session!r}: `orchestrator sessions list` shows them"
        )
    return row


def _session(
    row: Any, of_runs: Mapping[RunState, int], of_steps: Mapping[StepState, int]
) -> Session:
    return Session(
        id=row.id,
        name=row.name,
        mode=ExecutionMode(row.mode),
        by=row.by,
        created_at=row.created_at,
        closed_at=row.closed_at,
        runs=of_runs,
        steps=of_steps,
    )


def _runs(connection: sa.Connection, session: str) -> dict[RunState, int]:
    query = (
        sa.select(runs.c.state, sa.func.count())
        .where(runs.c.session_id == session, runs.c.parent_run.is_(None))
        .group_by(runs.c.state)
    )
    return {RunState(state): count for state, count in connection.execute(query)}


def _steps(connection: sa.Connection, session: str) -> dict[StepState, int]:
    query = (
        sa.select(steps.c.state, sa.func.count())
        .join(runs, runs.c.id == steps.c.run_id)
        .where(runs.c.session_id == session, steps.c.kind != "undo")
        .group_by(steps.c.state)
    )
    return {StepState(state): count for state, count in connection.execute(query)}
