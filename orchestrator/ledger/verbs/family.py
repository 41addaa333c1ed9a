"""A run and the child runs that it waits for, and theirs."""

from collections.abc import Iterable

import sqlalchemy as sa

from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import NOT_ENDED, runs


def family(connection: sa.Connection, run_id: str) -> list[str]:
    """Return a run and all that go on beneath it, each after the one that began it."""
    found = []
    level = [run_id]
    while level:
        found += level
        level = _below(connection, level)
    return found


def held_family(connection: sa.Connection, run_id: str) -> list[LockedRun]:
    """Hold a run and all that go on beneath it exclusively; return them in the same order.

    From the top, so that two who meet in one family wait for each other in one direction
    only; and each before its children are looked for, so that it begins none unseen.

    Raises:
        RunNotFound: no run has this id.
    """
    found = []
    level = [run_id]
    while level:
        found += [lock(connection, each, exclusive=True) for each in level]
        level = _below(connection, level)
    return found


def _below(connection: sa.Connection, above: Iterable[str]) -> list[str]:
    """Return the child runs of these that have not ended, in the order of their ids."""
    below: list[str] = []
    for part in chunks(above):
        children = sa.select(runs.c.id).where(
            runs.c.parent_run.in_(part), sa.text(f"{runs.name}.{NOT_ENDED}")
        )
        below += connection.execute(children).scalars()
    return sorted(below)
