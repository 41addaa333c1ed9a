"""Which steps of a run are done again when somebody asks for it: a pure decision.

    reserve (undone) ──▶ check (succeeded) ──▶ charge (failed)

A retry of this does all three again. Were `check` kept, `charge` would not wait for `reserve`,
and would rest on a reservation that there is no more. An irrevocable step that is done is
never among them: what led to it was not undone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from orchestrator.errors import Refused
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, StepState

#: The states of a step that has not begun.
NOT_BEGUN = (StepState.PENDING, StepState.READY, *HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Past:
    """How a step stands when it is to be done again.

    Attributes:
        is_undone: it succeeded, and that was undone.
        stands: what it did could be undone, and has not been; of a map, of one element at least.
        by_hand: somebody skipped it.
    """

    state: StepState
    is_undone: bool = False
    stands: bool = False
    by_hand: bool = False

    @property
    def is_broken(self) -> bool:
        """Say whether a run cannot go on with it."""
        return self.state is StepState.CANCELLED or self.is_undone


def of_ended(
    plan: Plan, past: Mapping[str, Past], named: Collection[str], *, onwards: bool
) -> frozenset[str]:
    """Return the steps of a run that has ended that are done again.

    Always those that were cancelled or undone, and all that had followed what was undone.
    Unless others are named, those that failed the run; and what was skipped after any of them,
    for it may have been for their sake.

    Args:
        onwards: also all that follows them, whatever became of it.

    Raises:
        Refused: another step's failure would stay, and fail the run again; or the effect of a
            step would be made twice, because it follows what was undone and was not itself.
    """
    failed = {n for n in plan.steps if _failed_the_run(plan, past, n)}
    again = {name for name in plan.steps if past[name].is_broken}
    again |= set(named) if named else failed
    meant = set(named) | (descendants(plan, named or again) if onwards else set())
    again |= meant | _after_undone(plan, past, meant)
    left = sorted(failed - again)
    if left:
        raise Refused(
            f"the run failed by {_listed(left)} too: name {_it(left)} as well, or skip {_it(left)}"
        )
    return frozenset(again | _skipped_after(plan, past, again))


def of_live(plan: Plan, past: Mapping[str, Past], named: Collection[str]) -> frozenset[str]:
    """Return the steps of a run that goes on that are done again.

    One that is open is done anyway. What follows a step must not have begun on its old end.

    Raises:
        Refused: something has.
    """
    again = {name for name in named if past[name].state.is_final}
    again |= _skipped_after(plan, past, again)
    begun = [
        name
        for name in sorted(descendants(plan, again) - again)
        if past[name].state not in NOT_BEGUN
    ]
    if begun:
        raise Refused(
            f"{_listed(begun)} went on from there and is {past[begun[0]].state}: wait until the "
            f"run has ended, then retry with onwards"
        )
    return frozenset(again)


def descendants(plan: Plan, sources: Iterable[str]) -> set[str]:
    """Return all that follows these steps, near and far, without them."""
    start = set(sources)
    return _reached(plan, start) - start


def _reached(plan: Plan, sources: Iterable[str]) -> set[str]:
    """Return all that follows one of these steps, which may be another of them."""
    found: set[str] = set()
    left = list(sources)
    while left:
        for name in plan.steps[left.pop()].before:
            if name not in found:
                found.add(name)
                left.append(name)
    return found


def ancestors(plan: Plan, name: str) -> set[str]:
    """Return all that a step follows, near and far."""
    found: set[str] = set()
    left = [name]
    while left:
        earlier = set(plan.steps[left.pop()].after) - found
        found |= earlier
        left += earlier
    return found


def _failed_the_run(plan: Plan, past: Mapping[str, Past], name: str) -> bool:
    return past[name].state is StepState.FAILED and plan.steps[name].step.critical


def _after_undone(plan: Plan, past: Mapping[str, Past], meant: Collection[str]) -> set[str]:
    """Return what rests on steps that were undone, but for what somebody has seen to."""
    undone = {name for name in plan.steps if past[name].is_undone}
    rests = {name for name in _reached(plan, undone) if not past[name].by_hand}
    twice = sorted(name for name in rests if past[name].stands and name not in meant)
    if twice:
        earlier = sorted(ancestors(plan, twice[0]) & undone)
        raise Refused(
            f"{_listed(twice[:1])} followed {_listed(earlier)}, which {_was(earlier)} undone, but "
            f"what it did stands: name it to have it done once more, under a new key, or skip "
            f"{_it(earlier)}"
        )
    return rests


def _skipped_after(plan: Plan, past: Mapping[str, Past], again: Iterable[str]) -> set[str]:
    return {
        name
        for name in descendants(plan, again)
        if past[name].state is StepState.SKIPPED and not past[name].by_hand
    }


def _listed(names: list[str]) -> str:
    return f"step{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _was(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"
