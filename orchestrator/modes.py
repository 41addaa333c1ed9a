"""Which steps of a session start next: a pure policy for each mode.

    sequential      one step at a time, in order
    parallel        each as soon as the steps before it are done: nothing is held back
    priority        none while one of a more urgent level could start, runs, or is tried again
    resource_aware  each when what it takes is free; of one level the less demanding first

"In order" is the order in which the session's runs were submitted, and within a run that of
its definition, among the steps that could start now: those of a paused run or pool could not.

One step at a time means until it has ended: a step that waits for a retry, a time or an
answer holds the session, also while its run is paused, and so does a run that is undone. A
step that waits for its child run or its elements makes way for the steps of those, and for
no others. By priority, what was let start and no worker has taken yet is called back when
something more urgent comes.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.states import ExecutionMode

#: A step by its run and its name.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step that nothing but its session keeps from starting.

    Attributes:
        level: its priority.
        demand: what it takes while it runs, amounts by name; a step no worker does takes nothing.
        within: the step that waits for it: that began its run as a child, or whose element it is.
    """

    place: Place
    level: int
    demand: Mapping[str, int]
    within: Place | None = None


class Doing(StrEnum):
    """What a step that was let start, and has not ended, is at."""

    WORKS = "works"  #: it is queued, runs, or is tried again after a while
    WAITS = "waits"  #: for a time or an answer; or its run comes to its end
    MAKES_WAY = "makes_way"  #: for the steps of its child run, or for its elements


@dataclass(frozen=True, slots=True)
class Busy:
    """A step that was let start and has not ended, or several that differ in nothing below.

    Attributes:
        place: of one that makes way.
        within: see `Candidate`; of one that makes way.
    """

    doing: Doing
    level: int
    place: Place | None = None
    within: Place | None = None


def admit(
    mode: ExecutionMode,
    candidates: Sequence[Candidate],
    busy: Collection[Busy],
    free: Mapping[str, int],
) -> list[Candidate]:
    """Return the steps that start now.

    Args:
        candidates: in the order of the session.
        busy: of a session by priority only what works is asked for; by resources, nothing.
        free: what can be taken now, amounts by name; what is not named has run out.
    """
    return _POLICIES[mode](candidates, busy, free)


def innermost(busy: Collection[Busy]) -> frozenset[Place]:
    """Return the steps that make way, and not for another that makes way in its turn."""
    around = {step.place: step.within for step in busy if step.doing is Doing.MAKES_WAY}
    return frozenset(place for place in around if place is not None) - frozenset(around.values())


def turn_of(candidates: Sequence[Candidate], busy: Collection[Busy]) -> int | None:
    """Return the level whose turn it is, by priority; what is queued below it is called back."""
    levels = [step.level for step in busy if step.doing is Doing.WORKS]
    return min([*levels, *(step.level for step in candidates)], default=None)


def _sequential(
    candidates: Sequence[Candidate], busy: Collection[Busy], _free: Mapping[str, int]
) -> list[Candidate]:
    if any(step.doing is not Doing.MAKES_WAY for step in busy):
        return []
    whose = innermost(busy)
    return [step for step in candidates if not whose or step.within in whose][:1]


def _parallel(
    candidates: Sequence[Candidate], _busy: Collection[Busy], _free: Mapping[str, int]
) -> list[Candidate]:
    return list(candidates)


def _by_priority(
    candidates: Sequence[Candidate], busy: Collection[Busy], _free: Mapping[str, int]
) -> list[Candidate]:
    level = turn_of(candidates, busy)
    return [step for step in candidates if step.level == level]


def _by_resources(
    candidates: Sequence[Candidate], _busy: Collection[Busy], free: Mapping[str, int]
) -> list[Candidate]:
    left = Counter(free)
    admitted = []
    for step in sorted(candidates, key=lambda step: (step.level, sum(step.demand.values()))):
        if all(left[name] >= amount for name, amount in step.demand.items()):
            left.subtract(step.demand)
            admitted.append(step)
    return admitted


_Policy = Callable[[Sequence[Candidate], Collection[Busy], Mapping[str, int]], list[Candidate]]

_POLICIES: Mapping[ExecutionMode, _Policy] = {
    ExecutionMode.SEQUENTIAL: _sequential,
    ExecutionMode.PARALLEL: _parallel,
    ExecutionMode.PRIORITY: _by_priority,
    ExecutionMode.RESOURCE_AWARE: _by_resources,
}
