"""The lines before the pools, and who stands in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import turns, weights
from orchestrator.ledger.tables import STEP_IS_IN_LINE, steps
from orchestrator.why.facts import LineFacts


@dataclass(frozen=True, slots=True)
class Standing:
    """Those of one key in the line of a pool.

    Attributes:
        steps: how many of its steps wait there.
        weight: how many turns it has for each of another's.
    """

    pool: str
    priority: int
    fair_key: str
    steps: int
    weight: float


def everybody(ledger: Ledger) -> list[Standing]:
    """Return who stands in line, by pool and priority, whose turn is next first."""
    query = (
        sa.select(
            steps.c.queue,
            steps.c.priority,
            steps.c.fair_key,
            sa.func.count().label("waiting"),
            weights.c.weight,
        )
        .select_from(
            steps.outerjoin(weights, weights.c.fair_key == steps.c.fair_key).outerjoin(
                turns,
                sa.and_(
                    turns.c.queue == steps.c.queue,
                    turns.c.priority == steps.c.priority,
                    turns.c.fair_key == steps.c.fair_key,
                ),
            )
        )
        .where(STEP_IS_IN_LINE)
        .group_by(steps.c.queue, steps.c.priority, steps.c.fair_key, weights.c.weight, turns.c.turn)
        .order_by(steps.c.queue, steps.c.priority, turns.c.turn, steps.c.fair_key)
    )
    with ledger.read() as connection:
        return [
            Standing(row.queue, row.priority, row.fair_key, row.waiting, row.weight or 1.0)
            for row in connection.execute(query)
        ]


def of_run(connection: sa.Connection, run_id: str) -> Mapping[tuple[str, int], LineFacts]:
    """Return the lines in which steps of a run stand, by pool and priority."""
    standing = (
        sa.select(steps.c.queue, steps.c.priority, steps.c.fair_key)
        .where(steps.c.run_id == run_id, STEP_IS_IN_LINE)
        .distinct()
    )
    return {
        (row.queue, row.priority): LineFacts(
            row.fair_key,
            own=_own(connection, row.queue, row.priority, row.fair_key),
            keys=_keys(connection, row.queue, row.priority),
        )
        for row in connection.execute(standing).all()
    }


def _own(connection: sa.Connection, queue: str, priority: int, fair_key: str) -> int:
    which = (steps.c.queue == queue, steps.c.priority == priority, steps.c.fair_key == fair_key)
    query = sa.select(sa.func.count()).where(STEP_IS_IN_LINE, *which)
    return int(connection.execute(query).scalar_one())


def _keys(connection: sa.Connection, queue: str, priority: int) -> int:
    which = (turns.c.queue == queue, turns.c.priority == priority, turns.c.fair_key != "")
    return max(1, int(connection.execute(sa.select(sa.func.count()).where(*which)).scalar_one()))
