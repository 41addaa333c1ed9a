"""A run and the child runs that it waits for, and theirs."""

import sqlalchemy as sa

from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.tables import NOT_ENDED, runs


def family(connection: sa.Connection, run_id: str) -> list[str]:
    """Return a run and all that go on beneath it, each after the one that began it.

    Whoever locks several runs at once does it in this order: from the top, so that two who
    meet in one family wait for each other in one direction only.
    """
    found = [run_id]
    above = [run_id]
    while above:
        below: list[str] = []
        for part in chunks(above):
            children = sa.select(runs.c.id).where(
                runs.c.parent_run.in_(part), sa.text(f"{runs.name}.{NOT_ENDED}")
            )
            below += connection.execute(children).scalars()
        above = sorted(below)
        found += above
    return found
