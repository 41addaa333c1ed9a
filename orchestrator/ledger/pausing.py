"""Workflows and pools that are held back."""

from typing import Literal

import sqlalchemy as sa

from orchestrator.ledger.side_tables import pauses


def is_paused(connection: sa.Connection, kind: Literal["workflow", "pool"], name: str) -> bool:
    """Say whether a workflow or a pool is held back."""
    found = sa.select(pauses.c.at).where(pauses.c.kind == kind, pauses.c.name == name)
    return connection.execute(found).first() is not None
