"""What the end of a step sets free, sorted by how each goes on."""

from dataclasses import dataclass, field
from typing import Any

from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.progress import Next, Turn, next_of
from orchestrator.plan import PlannedStep
from orchestrator.states import StepState


@dataclass(slots=True)
class Freed:
    """Steps that were brought nearer, by how they go on."""

    hops: list[Next] = field(default_factory=list)
    joins: list[Next] = field(default_factory=list)
    openings: list[str] = field(default_factory=list)
    turns: set[Turn] = field(default_factory=set)
    taken: Claim | None = None

    def add(self, row: Any, planned: PlannedStep, fair_key: str | None = None) -> None:
        """Sort in a step whose row was just changed.

        Args:
            fair_key: with whom its run takes turns.
        """
        if has_chord(row, planned):
            self.joins.append(next_of(row))
        elif row.state == StepState.QUEUED:
            self.hops.append(next_of(row))
        elif row.state == StepState.READY and planned.step.kind != "task":
            self.openings.append(row.name)
        elif row.state == StepState.READY and fair_key is not None:
            self.turns.add(Turn(planned.step.domain, row.priority, fair_key))


def has_chord(row: Any, planned: PlannedStep) -> bool:
    """Say whether Celery counts the predecessors of a step."""
    return planned.is_plain and len(planned.after) > 1 and row.generation == 1
