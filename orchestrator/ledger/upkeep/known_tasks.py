"""Which tasks the living workers of a pool know.

While new code is deployed some workers of a pool know a task and others do not, and
Celery deletes the message of a task that its worker does not know. So each worker says
what it knows when it enters the ledger; a set of names is stored once, however many
workers know it.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.tables import known_tasks, workers
from orchestrator.ledger.upserts import insert_into


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the living workers know, pool by pool.

    Attributes:
        pools: the names that some worker of a pool knows; None where one does not say, as
            workers of an older release do. A pool without living workers is absent.
    """

    pools: Mapping[str, frozenset[str] | None]

    def may_start(self, pool: str, task: str) -> bool:
        """Say whether a message of the task is not wasted: its pool is away, or knows it."""
        names = self.of(pool)
        return names is None or task in names

    def of(self, pool: str) -> frozenset[str] | None:
        """Return the names that a pool is known to know; None: any may be among them."""
        return self.pools.get(pool)


def note(connection: sa.Connection, names: Collection[str]) -> str:
    """Store a set of names unless it is there; return its fingerprint.

    Sets that no worker has any more are kept: a release makes one of a few hundred bytes.
    """
    body = json.dumps(sorted(names))
    fingerprint = hashlib.sha256(body.encode()).hexdigest()[:16]
    row = insert_into(connection, known_tasks).values(fingerprint=fingerprint, names=body)
    connection.execute(row.on_conflict_do_nothing())
    return fingerprint


def known(ledger: Ledger) -> Knowledge:
    """Return what the living workers of all pools know."""
    with ledger.read() as connection:
        return known_in(connection)


def known_in(connection: sa.Connection) -> Knowledge:
    """Return the same as a transaction sees it."""
    pools: dict[str, frozenset[str] | None] = {}
    for row in connection.execute(_KNOWN):
        names = None if row.names is None else frozenset(json.loads(row.names))
        so_far = pools.get(row.pool, frozenset())
        pools[row.pool] = None if names is None or so_far is None else names | so_far
    return Knowledge(pools)


_KNOWN = (
    sa.select(workers.c.pool, known_tasks.c.names)
    .select_from(workers.outerjoin(known_tasks, known_tasks.c.fingerprint == workers.c.knows))
    .where(workers.c.lease_until > LedgerTime())
    .distinct()
)
