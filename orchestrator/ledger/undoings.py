"""Undoing what a run has done, one step after the other, the last one first."""

from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.progress import Next
from orchestrator.plan import Plan


def begin(connection: sa.Connection, run: LockedRun, plan: Plan) -> Next | None:
    """Write what there is to undo; return the first of it, or None if there is nothing."""
    return None


def after(connection: sa.Connection, run: LockedRun, undoing: str) -> Next | None:
    """Return what is undone after `undoing`, or None if it was the last."""
    return None


def summary(connection: sa.Connection, run: LockedRun) -> dict[str, Any]:
    """Return what is to be said of a run that did not succeed: what was undone, what stands."""
    return {}
