"""What waits for a worker, by pool and level; no question reads the whole of a long backlog."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.outbox import DISPATCH_COLUMNS, LIVE_RUN, Dispatch, dispatch_of
from orchestrator.ledger.tables import STEP_IS_QUEUED, runs, steps
from orchestrator.message_id import MessageId
from orchestrator.states import broker_level


@dataclass(frozen=True, slots=True)
class Level:
    """The queued steps of one pool that have one priority and have gained as many levels.

    Attributes:
        oldest: when the first of them was handed to the broker.
    """

    queue: str
    priority: int
    boost: int
    waiting: int
    oldest: dt.datetime

    @property
    def broker_level(self) -> int:
        """The sub-queue that they wait in."""
        return broker_level(self.priority, self.boost)

    @property
    def members(self) -> tuple[sa.ColumnElement[bool], ...]:
        """What is true of its steps, of all that are queued."""
        return (
            steps.c.queue == self.queue,
            steps.c.priority == self.priority,
            steps.c.boost == self.boost,
        )


def levels(ledger: Ledger, *, queue: str | None = None) -> list[Level]:
    """Return how many steps are queued, the most urgent first."""
    with ledger.read() as connection:
        return levels_in(connection, queue=queue)


def levels_in(connection: sa.Connection, *, queue: str | None = None) -> list[Level]:
    """Return the same as a transaction sees it."""
    by = (steps.c.queue, steps.c.priority, steps.c.boost)
    query = sa.select(*by, sa.func.count(), sa.func.min(steps.c.queued_at)).where(STEP_IS_QUEUED)
    if queue is not None:
        query = query.where(steps.c.queue == queue)
    found = [Level(*row) for row in connection.execute(query.group_by(*by))]
    return sorted(found, key=lambda level: (level.queue, level.broker_level))


def queued_since(ledger: Ledger, level: Level, messages: Iterable[str]) -> dt.datetime | None:
    """Return since when the first of the steps is queued that these messages are for.

    A message counts if its step is queued still, and at this level: that of another is a
    leftover from before the step was raised or changed.

    Args:
        messages: their ids, `run:step:attempt`.
    """
    asked = set(map(MessageId.read, messages))
    key = sa.tuple_(steps.c.run_id, steps.c.name)
    query = sa.select(*DISPATCH_COLUMNS).where(
        STEP_IS_QUEUED, key.in_([(each.run_id, each.step) for each in asked])
    )
    with ledger.read() as connection:
        return min(
            (
                row.queued_at
                for row in connection.execute(query)
                if (row.run_id, row.name, row.attempts + 1) in asked
                and broker_level(row.priority, row.boost) == level.broker_level
            ),
            default=None,
        )


def first_queued(
    ledger: Ledger,
    level: Level,
    *,
    before: dt.datetime,
    limit: int,
    tasks: Collection[str] | None = None,
) -> list[Dispatch]:
    """Return the steps of a level that were queued before a time, the first ones first.

    Args:
        tasks: only steps of these.
    """
    query = sa.select(*DISPATCH_COLUMNS, runs.c.version).where(
        LIVE_RUN,
        STEP_IS_QUEUED,
        *level.members,
        steps.c.queued_at < before,
    )
    if tasks is not None:
        query = query.where(steps.c.task.in_(sorted(tasks)))
    with ledger.read() as connection:
        rows = connection.execute(query.order_by(steps.c.queued_at).limit(limit))
        return [dispatch_of(row, row.version) for row in rows]
