"""What the event log says of permits: how much of each resource was held at the same moment.

Redis grants them, and this does not ask Redis: an attempt holds its permits from its start to
its end, and both are events. One that is skipped at its start may have held none. It is held
against the capacity of today; what runs hold over several steps is not looked at.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator.capacity.resources import units_of
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.permits import resources
from orchestrator.ledger.tables import events, runs
from orchestrator.plan import Plan


@dataclass(frozen=True, slots=True)
class Audited:
    """How a resource was used.

    Attributes:
        most: the largest amount that was held at once.
        attempts: how many held some of it.
    """

    resource: str
    capacity: int
    most: int
    attempts: int

    @property
    def is_kept(self) -> bool:
        """Say whether its capacity was never passed."""
        return self.most <= self.capacity


@dataclass(frozen=True, slots=True)
class _Move:
    at: float
    amount: int  #: negative where it is given back


def audit(
    ledger: Ledger, run_ids: Collection[str], plan_of: Callable[[str], Plan]
) -> list[Audited]:
    """Return how the steps of runs used each resource; of quotas, which nobody holds, nothing."""
    known = resources.known(ledger)
    moves: dict[str, list[_Move]] = defaultdict(list)
    for run_id, version in _versions(ledger, run_ids).items():
        plan = plan_of(version)
        for step, began, ended in _attempts(ledger, run_id):
            for name, asked in plan[step].step.permits.items():
                if name in known and not known[name].resource.is_rate:
                    amount = units_of(known[name].resource, asked)
                    moves[name] += [_Move(began, amount), _Move(ended, -amount)]
    return [
        Audited(name, known[name].capacity, _most(moves[name]), len(moves[name]) // 2)
        for name in sorted(moves)
    ]


def _most(moves: list[_Move]) -> int:
    held = most = 0
    # What is given back and taken at the same moment was not held twice.
    for move in sorted(moves, key=lambda move: (move.at, move.amount)):
        held += move.amount
        most = max(most, held)
    return most


def _versions(ledger: Ledger, run_ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    with ledger.read() as connection:
        for part in chunks(sorted(run_ids)):
            query = sa.select(runs.c.id, runs.c.version).where(runs.c.id.in_(part))
            found |= {row.id: row.version for row in connection.execute(query)}
    return found


def _attempts(ledger: Ledger, run_id: str) -> Iterator[tuple[str, float, float]]:
    """Yield each attempt that held permits and has ended: its step, its start and its end."""
    query = (
        sa.select(events.c.step, events.c.name, events.c.at, events.c.detail)
        .where(events.c.run_id == run_id, events.c.step.is_not(None))
        .order_by(events.c.id)
    )
    began: dict[str, float] = {}
    with ledger.read() as connection:
        for row in connection.execute(query).all():
            if row.name == "step.started":
                if "permit" in json.loads(row.detail or "{}"):
                    began[row.step] = row.at.timestamp()
            elif row.step in began and row.name in _ENDS:
                yield row.step, began.pop(row.step), row.at.timestamp()


_ENDS = frozenset(
    f"step.{end}" for end in ("succeeded", "failed", "skipped", "cancelled", "retrying", "lost")
)
