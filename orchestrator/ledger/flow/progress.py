"""What a transaction sets free: told to Celery, opened or settled once it has committed."""

from dataclasses import dataclass, replace
from typing import Any

from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.tables import steps
from orchestrator.states import RunState, broker_level


@dataclass(frozen=True, slots=True)
class Next:
    """A step that another brought nearer.

    Attributes:
        level: the broker's, see `states.broker_level`.
        generation: the first is counted by a chord, later ones by the ledger alone.
    """

    step: str
    attempt: int
    level: int
    generation: int


#: The columns that `next_of` reads.
NEXT_COLUMNS = (
    steps.c.name,
    steps.c.state,
    steps.c.attempts,
    steps.c.priority,
    steps.c.boost,
    steps.c.generation,
)


def next_of(row: Any) -> Next:
    """Return a row of `NEXT_COLUMNS` as what is published for it."""
    level = broker_level(row.priority, row.boost)
    return Next(row.name, row.attempts + 1, level, row.generation)


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """A place in the line of a pool, where those of one key wait behind each other.

    Attributes:
        fair_key: on whose behalf.
    """

    queue: str
    priority: int
    fair_key: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What is to be told once a step's end is written; carried out twice, it does no harm.

    Attributes:
        step: the step that has ended; None where an operator or time moved the run.
        hops: steps to be published now.
        joins: steps to whose chords `step` gives its part.
        openings: steps that no worker does, to be opened now.
        begun: child runs whose first steps are to be published.
        settle: the run is on its way to an end, and may have reached it.
        run_state: the run's final state, when it has ended.
        parent: run and step that wait for the run that has ended.
        session: has to say which of its steps go on.
        turns: lines that have moved, or that steps now stand in.
        taken: a step that whoever wrote this has taken, and that nobody is told of.
    """

    run_id: str
    version: str
    step: str | None = None
    hops: tuple[Next, ...] = ()
    joins: tuple[Next, ...] = ()
    openings: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    settle: bool = False
    run_state: RunState | None = None
    parent: tuple[str, str] | None = None
    session: str | None = None
    turns: frozenset[Turn] = frozenset()
    taken: Claim | None = None

    def with_more(self, other: "Progress") -> "Progress":
        """Return both as one; the other is of the same run."""
        return replace(
            other,
            step=self.step,
            hops=self.hops + other.hops,
            joins=self.joins + other.joins,
            openings=self.openings + other.openings,
            begun=self.begun + other.begun,
            settle=self.settle or other.settle,
            session=self.session or other.session,
            turns=self.turns | other.turns,
            taken=self.taken or other.taken,
        )
