"""The verbs of sessions: groups of runs that share a mode.

    session = coordinator.create_session("month end", ExecutionMode.SEQUENTIAL)
    coordinator.submit("invoices", session_id=session.id)
    coordinator.session(session.id).progress

What a mode lets start, `modes` says. Child runs are of the session of the run that began
them. Undoing what was done waits for no session.
"""

from orchestrator.errors import ConfigurationError
from orchestrator.ledger.sessions import sessions
from orchestrator.ledger.sessions.sessions import Session
from orchestrator.ledger.who import accountable
from orchestrator.states import ExecutionMode
from orchestrator.suggestion import did_you_mean
from orchestrator.verbs.reading import Reader
from orchestrator.verbs.telling import SOMEBODY


class Grouping(Reader):
    """Creates, closes and shows sessions."""

    @accountable
    def create_session(
        self,
        name: str,
        mode: ExecutionMode | str = ExecutionMode.PARALLEL,
        *,
        by: str = SOMEBODY,
    ) -> Session:
        """Begin a group of runs.

        Args:
            name: for people; several sessions may have it.
            mode: of all its runs, for as long as it lasts.

        Raises:
            ConfigurationError: there is no such mode, or the name is no line of text.
        """
        return sessions.create(self.ledger, name, _mode(mode), by=by)

    @accountable
    def close_session(
        self, session_id: str, *, by: str = SOMEBODY, reason: str = "the session was closed"
    ) -> bool:
        """Let a session take no more runs; those it has go on. Say whether it was open.

        Raises:
            SessionNotFound: no session has this id.
        """
        return sessions.close(self.ledger, session_id, by=by, reason=reason)

    def session(self, session_id: str) -> Session:
        """Return a session, with how many of its runs and steps are in each state.

        Raises:
            SessionNotFound: no session has this id.
        """
        return sessions.find(self.ledger, session_id)

    def sessions(self, *, with_closed: bool = False, limit: int = 50) -> list[Session]:
        """Return the sessions that take runs, or all of them, the newest first."""
        return sessions.list_sessions(self.ledger, with_closed=with_closed, limit=limit)


def _mode(mode: ExecutionMode | str) -> ExecutionMode:
    try:
        return ExecutionMode(mode.lower())
    except ValueError:
        known = [str(each) for each in ExecutionMode]
        raise ConfigurationError(
            f"{mode!r} is no mode of a session{did_you_mean(mode, known)}: it is one of "
            f"{', '.join(known)}"
        ) from None
