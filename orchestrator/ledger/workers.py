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


def beat(ledger: Ledger, node: str, pids: Collection[int], *, lease_seconds: float) -> list[str]:
    """Extend the leases of a node's living processes; return which there are."""
    with ledger.write() as connection:
        extended = connection.execute(
            sa.update(workers)
            .where(workers.c.node == node, workers.c.pid.in_(sorted(pids)))
            .values(lease_until=LedgerTime(lease_seconds))
            .returning(workers.c.id)
        )
        return list(extended.scalars())


def end(ledger: Ledger, node: str, pid: int | None = None) -> list[str]:
    """Strike off one process of a node, or all of them; return which there were.

    What they held is lost at once.
    """
    which = [workers.c.node == node]
    if pid is not None:
        which.append(workers.c.pid == pid)
    with ledger.write() as connection:
        ended = connection.execute(sa.delete(workers).where(*which).returning(workers.c.id))
        return list(ended.scalars())


def struck_off(ledger: Ledger, workers_: Collection[str]) -> set[str]:
    """Return those of these workers whose parent has seen them end, or that left by themselves.

    One whose lease has ended may only be frozen, and is still known.
    """
    with ledger.read() as connection:
        known = connection.execute(sa.select(workers.c.id).where(workers.c.id.in_(workers_)))
        return set(workers_) - set(known.scalars())


def places(ledger: Ledger, workers_: Collection[str]) -> dict[str, str]:
    """Return where workers are, `host:pid`, of those that are known."""
    query = sa.select(workers.c.id, workers.c.host, workers.c.pid).where(workers.c.id.in_(workers_))
    with ledger.read() as connection:
        return {row.id: f"{row.host}:{row.pid}" for row in connection.execute(query)}


def alive(ledger: Ledger) -> dict[str, int]:
    """Return how many processes each pool has whose lease holds."""
    with ledger.read() as connection:
        return alive_in(connection)


def alive_in(connection: sa.Connection) -> dict[str, int]:
    """Return the same, in the caller's transaction."""
    query = (
        sa.select(workers.c.pool, sa.func.count().label("processes"))
        .where(workers.c.lease_until > LedgerTime())
        .group_by(workers.c.pool)
    )
    return {row.pool: row.processes for row in connection.execute(query)}


def forget(ledger: Ledger, *, older_than: dt.timedelta) -> int:
    """Delete processes whose lease ended long ago; return how many there were."""
    with ledger.write() as connection:
        return connection.execute(
            sa.delete(workers).where(
                workers.c.lease_until < LedgerTime(-older_than.total_seconds())
            )
        ).rowcount
