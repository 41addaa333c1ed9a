"""Sessions: groups of runs that share a mode."""

import sqlalchemy as sa

from orchestrator.ledger.side_tables import sessions


def is_gated(connection: sa.Connection, session: str) -> bool:
    """Say whether the steps of a session's runs start when it admits them, not when they could."""
    mode = connection.execute(sa.select(sessions.c.mode).where(sessions.c.id == session)).scalar()
    return mode not in (None, "parallel")
