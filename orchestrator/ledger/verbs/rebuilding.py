"""What is left to do of a run, given how the steps ended that are kept: a pure decision.

    kept    a succeeded, b skipped
    left    c waits for a, b and d:  pending, 1 missing
            d waits for a:           ready

A retry, a step skipped by hand and a move to another version differ in what they keep;
from there on all of them are this.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.ledger.flow.earlier import is_counted_by_successes
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState


@dataclass(frozen=True, slots=True)
class Left:
    """How a step stands that has to be done.

    Attributes:
        state: ready or pending.
        missing: see the column of this name.
        undecided: see the column of this name.
    """

    state: StepState
    missing: int
    undecided: int


def rebuild(plan: Plan, kept: Mapping[str, StepState]) -> dict[str, Left]:
    """Return how each step stands that is not kept, as if the kept ones had just ended.

    Args:
        kept: the final state of each step that stays as it is.
    """
    return {name: _left(planned, kept) for name, planned in plan.steps.items() if name not in kept}


def _left(planned: PlannedStep, kept: Mapping[str, StepState]) -> Left:
    unfinished = sum(name not in kept for name in planned.after)
    if not is_counted_by_successes(planned):
        return Left(_state(unfinished == 0), unfinished, 0)
    made = sum(kept.get(name) is StepState.SUCCEEDED for name in planned.after)
    missing = max(0, planned.needed - made)
    return Left(_state(missing == 0 or unfinished < missing), missing, unfinished)


def _state(is_free: bool) -> StepState:
    return StepState.READY if is_free else StepState.PENDING
