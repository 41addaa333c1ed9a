"""Who works: a row a pool process, good until its lease ends."""

import datetime as dt
import os
import socket
from collections.abc import Collection

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.tables import workers
from orchestrator.ledger.upkeep import known_tasks


def register(
    ledger: Ledger,
    worker: str,
    *,
    pool: str,
    node: str,
    lease_seconds: float,
    knows: Collection[str] | None = None,
) -> None:
    """Enter this process as `worker` of a pool.

    A process that enters again leaves the name it had: the beat would keep both alive.

    Args:
        node: its parent, which beats for it.
        knows: names of the tasks that it can do; None: it does not say.
    """
    with ledger.write() as connection:
        fingerprint = None if knows is None else known_tasks.note(connection, knows)
        connection.execute(
            sa.delete(workers).where(workers.c.node == node, workers.c.pid == os.getpid())
        )
        connection.execute(
            sa.insert(workers).values(
                id=worker,
                pool=pool,
                host=socket.gethostname(),
                node=node,
                pid=os.getpid(),
                started_at=clock.now(),
                lease_until=LedgerTime(lease_seconds),
                knows=fingerprint,
            )
        )


def beat(ledger: Ledger, node: str, pids: Collection[int], *, lease_seconds: float) -> int:
    """Extend the leases of a node's living processes; return how many there are."""
    with ledger.write() as connection:
        return connection.execute(
            sa.update(workers)
            .where(workers.c.node == node, workers.c.pid.in_(sorted(pids)))
            .values(lease_until=LedgerTime(lease_seconds))
        ).rowcount


def end(ledger: Ledger, node: str, pid: int | None = None) -> None:
    """Strike off one process of a node, or all of them; what they held is lost at once."""
    which = [workers.c.node == node]
    if pid is not None:
        which.append(workers.c.pid == pid)
    with ledger.write() as connection:
        connection.execute(sa.delete(workers).where(*which))


def alive(ledger: Ledger) -> dict[str, int]:
    """Return how many processes each pool has whose lease holds."""
    query = (
        sa.select(workers.c.pool, sa.func.count().label("processes"))
        .where(workers.c.lease_until > LedgerTime())
        .group_by(workers.c.pool)
    )
    with ledger.read() as connection:
        return {row.pool: row.processes for row in connection.execute(query)}


def forget(ledger: Ledger, *, older_than: dt.timedelta) -> int:
    """Delete processes whose lease ended long ago; return how many there were."""
    with ledger.write() as connection:
        return connection.execute(
            sa.delete(workers).where(
                workers.c.lease_until < LedgerTime(-older_than.total_seconds())
            )
        ).rowcount
