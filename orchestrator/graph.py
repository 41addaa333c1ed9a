"""The bare graph of a workflow: who waits for whom, in which waves, and in which circles.

A graph is a mapping from each step to the steps it waits for; the order of its keys is
the order of the definition and decides every tie. Nothing here recurses: a workflow may
be a chain of 10,000 steps.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from orchestrator.definition.places import places_of
from orchestrator.language.conditions import names_in
from orchestrator.language.references import RESERVED, references_in
from orchestrator.workflow import Step, Workflow

Graph = Mapping[str, Sequence[str]]

#: Most steps refer to no other: they share this one set.
_NONE: frozenset[str] = frozenset()


def sources_of(step: Step) -> frozenset[str]:
    """Return the steps whose results a step refers to, wherever it does."""
    sources = {
        reference.source for place in places_of(step) for reference in references_in(place.value)
    }
    if step.when is not None:
        sources |= names_in(step.when)
    return frozenset(sources - RESERVED) or _NONE


def graph_of(
    workflow: Workflow, sources: Mapping[str, frozenset[str]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the predecessors of each step of a sound workflow, in the order of the definition.

    An edge that only a reference implies is left out where other edges imply it too: it
    would hold nothing back, and each predecessor costs a join one counter. A join by another
    policy than `all` keeps it, for there each predecessor has a say.

    Args:
        sources: of each step, where they are known; see `sources_of`.
    """
    if sources is None:
        sources = {step.name: sources_of(step) for step in workflow.steps}
    implied = {step.name: sources[step.name].difference(step.after) for step in workflow.steps}
    position = {step.name: index for index, step in enumerate(workflow.steps)}
    asked = {
        step.name: sorted(implied[step.name].union(step.after), key=position.__getitem__)
        for step in workflow.steps
    }
    behind = _behind(asked, position)
    spared = {
        step.name: implied[step.name] if step.join == "all" else () for step in workflow.steps
    }
    return {
        name: tuple(
            other
            for other in others
            if other not in spared[name] or not behind[name] >> position[other] & 1
        )
        for name, others in asked.items()
    }


def successors(graph: Graph) -> dict[str, list[str]]:
    """Turn the graph round: the steps that wait for each step."""
    after: dict[str, list[str]] = {name: [] for name in graph}
    for name, predecessors in graph.items():
        for predecessor in predecessors:
            after[predecessor].append(name)
    return after


def waves(graph: Graph) -> Iterator[list[str]]:
    """Deal the steps out in tiers, each step in the first tier after its predecessors'.

    Steps in a circle, and those behind one, come in no tier.
    """
    position = {name: index for index, name in enumerate(graph)}
    missing = {name: len(predecessors) for name, predecessors in graph.items()}
    after = successors(graph)
    wave = [name for name, count in missing.items() if not count]
    while wave:
        yield wave
        released = []
        for name in wave:
            for successor in after[name]:
                missing[successor] -= 1
                if not missing[successor]:
                    released.append(successor)
        wave = sorted(released, key=position.__getitem__)


def cycles(graph: Graph) -> Iterator[tuple[str, ...]]:
    """Find circles until none is left, each in the order its steps would run."""
    tangle = _tangle(graph)
    while tangle:
        found = list(_circles(tangle))
        yield from found
        cut = {name for circle in found for name in circle}
        tangle = _tangle(_without(tangle, cut))


def ancestry(graph: Graph) -> Callable[[str, str], bool]:
    """Return what says whether the first of two steps is done before the second may start."""
    position = {name: index for index, name in enumerate(graph)}
    behind = _behind(graph, position)

    def precedes(earlier: str, later: str) -> bool:
        return earlier in graph[later] or bool(behind[later] >> position[earlier] & 1)

    return precedes


def _behind(graph: Graph, position: Mapping[str, int]) -> dict[str, int]:
    """Return for each step, as a bit set, all that comes before its predecessors.

    Integers as bit sets keep this in milliseconds for 10,000 steps; sets of names take
    seconds and a gigabyte.
    """
    reach: dict[str, int] = {}
    behind: dict[str, int] = {}
    for wave in waves(graph):
        for name in wave:
            beyond = near = 0
            for predecessor in graph[name]:
                beyond |= reach[predecessor]
                near |= 1 << position[predecessor]
            behind[name] = beyond
            reach[name] = beyond | near
    return behind


def _without(graph: Graph, gone: Iterable[str]) -> dict[str, list[str]]:
    left_out = frozenset(gone)
    return {
        name: [predecessor for predecessor in predecessors if predecessor not in left_out]
        for name, predecessors in graph.items()
        if name not in left_out
    }


def _tangle(graph: Graph) -> dict[str, list[str]]:
    """Return what is in a circle or behind one: each step of it has a predecessor in it."""
    return _without(graph, (name for wave in waves(graph) for name in wave))


def _circles(tangle: Graph) -> Iterator[tuple[str, ...]]:
    """Walk from each step to its first predecessor: such a walk can only end in a circle."""
    position = {name: index for index, name in enumerate(tangle)}
    walked: dict[str, str] = {}
    for start in tangle:
        trail = []
        name = start
        while name not in walked:
            walked[name] = start
            trail.append(name)
            name = tangle[name][0]
        if walked[name] == start:
            circle = trail[trail.index(name) :][::-1]
            first = circle.index(min(circle, key=position.__getitem__))
            yield (*circle[first:], *circle[:first])
