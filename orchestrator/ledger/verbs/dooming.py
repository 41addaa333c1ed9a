"""Processes whose step was stopped: marked in the ledger, ended by the parent that beats for them.

A revoke of Celery would be faster than the next beat, but it may come when the process is
already at another step, and it is forgotten when nobody listens.
"""

from collections.abc import Callable, Collection

import sqlalchemy as sa

from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import workers


def doom(connection: sa.Connection, processes: Collection[str]) -> None:
    """Mark workers: whatever they are at is of no use any more, and they claim nothing."""
    for part in chunks(sorted(processes)):
        connection.execute(sa.update(workers).where(workers.c.id.in_(part)).values(doomed=True))


def strike(ledger: Ledger, node: str, pids: Collection[int], blow: Callable[[int], None]) -> int:
    """Deal a blow to each process of a node that is doomed; return how many there were.

    Their rows are held meanwhile: a process enters the ledger again, under another name,
    before it takes another step, and so it cannot have done so when the blow falls.
    """
    doomed = sa.select(workers.c.pid).where(
        workers.c.node == node, workers.c.doomed, workers.c.pid.in_(sorted(pids))
    )
    with ledger.read() as connection:
        if connection.execute(doomed.limit(1)).first() is None:
            return 0
    with ledger.write() as connection:
        found = connection.execute(doomed.with_for_update()).scalars().all()
        for pid in found:
            blow(pid)
    return len(found)
