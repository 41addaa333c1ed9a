"""What is wrong with a workflow's structure: names, references, conditions, circles."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from orchestrator.definition.places import Place, places_of, undoing_of
from orchestrator.errors import InvalidCondition, InvalidReference
from orchestrator.graph import ancestry, cycles
from orchestrator.language.conditions import names_in
from orchestrator.language.references import INDEX, INPUT, ITEM, Reference, references_in
from orchestrator.suggestion import did_you_mean
from orchestrator.workflow import Step, Workflow

_MEANING = {
    INPUT: "the run's input",
    ITEM: "the element of a map",
    INDEX: "the place of a map's element",
}


def problems_of_step(step: Step, names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with one step, given the names of all.

    A name that comes twice is the workflow's problem, not the step's.
    """
    if step.name in _MEANING:
        meaning = _MEANING[step.name]
        yield f"a step may not be called {step.name!r}: in references that is {meaning}"
    yield from _problems_of_order(step, names)
    for place in places_of(step):
        yield from _problems_of_place(place, names, own=step.name)
    for undoing in undoing_of(step):
        for place in undoing.places:
            yield from _problems_of_place(place, names, own=step.name)
    if step.when is not None:
        yield from _problems_of_condition(step, step.when, names)


def repeated_names(workflow: Workflow) -> Iterator[str]:
    """Yield a sentence for each name that more than one step has."""
    for name, count in Counter(step.name for step in workflow.steps).items():
        if count > 1:
            yield f"{count} steps are called {name!r}: a name stands for one step"


def result_of(workflow: Workflow) -> Place:
    """Return where a workflow says what it gives."""
    return Place("the workflow", "result", "the result", workflow.result)


def problems_of_result(workflow: Workflow, names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the references in the workflow's result."""
    yield from _problems_of_place(result_of(workflow), names, own=None)


def problems_of_undoings(workflow: Workflow) -> Iterator[str]:
    """Yield what an undoing reads of steps that need not be done by then.

    The workflow has no circles; what is wrong with the references as such is told elsewhere.
    """
    read = [
        (step.name, place, reference)
        for step in workflow.steps
        for undoing in undoing_of(step)
        for place in undoing.places
        for reference in readable(place.value)[0]
    ]
    if not read:
        return
    graph = loose_graph(workflow.steps)
    precedes = ancestry(graph)
    for name, place, reference in read:
        source = reference.source
        if source in graph and source != name and not precedes(source, name):
            yield (
                f"{place.where} refers to step {source!r}, which need not be done by then: "
                f"let step {name!r} run after it"
            )


def circles_in(workflow: Workflow) -> Iterator[tuple[str, ...]]:
    """Find the circles; steps that wait for themselves are told of elsewhere."""
    yield from cycles(
        _graph(
            {step.name: predecessors_of(step).union(step.prefer_after) for step in workflow.steps}
        )
    )


def predecessors_of(step: Step) -> set[str]:
    """Return what a step waits for, as far as its references and condition can be read."""
    found = set(step.after)
    for place in places_of(step):
        found |= {reference.source for reference in readable(place.value)[0]}
    if step.when is not None:
        with suppress(InvalidCondition):
            found |= names_in(step.when)
    return found.difference(_MEANING)


def readable(value: object) -> tuple[list[Reference], str | None]:
    """Return the references in a value up to the first that is malformed, and that one's error."""
    found = []
    try:
        for reference in references_in(value):
            found.append(reference)  # noqa: PERF402 - what came before the error is kept
    except InvalidReference as error:
        return found, str(error)
    return found, None


def loose_graph(steps: Iterable[Step]) -> dict[str, list[str]]:
    """Return who waits for whom in a definition that need not be sound."""
    return _graph({step.name: predecessors_of(step) for step in steps})


def _graph(asked: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return who waits for whom, without unknown steps and those that wait for themselves."""
    return {
        name: sorted(source for source in sources if source in asked and source != name)
        for name, sources in asked.items()
    }


def _problems_of_order(step: Step, names: Collection[str]) -> Iterator[str]:
    if step.name in step.after:
        yield f"step {step.name!r} waits for itself"
    if step.name in step.prefer_after:
        yield f"step {step.name!r} prefers to follow itself"
    for name in step.after:
        if name not in names:
            yield f"step {step.name!r} runs after unknown step {name!r}{did_you_mean(name, names)}"
    anyway = predecessors_of(step) if step.prefer_after else ()
    for name in step.prefer_after:
        if name not in names:
            yield (
                f"step {step.name!r} prefers to follow unknown step {name!r}"
                f"{did_you_mean(name, names)}"
            )
        elif name in anyway:
            yield (
                f"step {step.name!r} prefers to follow {name!r}, for which it waits anyway: "
                "leave it out of 'prefer_after'"
            )


def _problems_of_place(place: Place, names: Collection[str], *, own: str | None) -> Iterator[str]:
    references, malformed = readable(place.value)
    if malformed is not None:
        yield f"{place.where}: {malformed}"
    for reference in references:
        source = reference.source
        if source == INPUT or source in place.sees:
            continue
        if source == own:
            yield f"{place.where} refers to the step's own result, {str(reference)!r}"
        elif source in _MEANING:
            yield (
                f"{place.where} refers to {str(reference)!r}, which only the inputs of a step "
                "with a map have"
            )
        elif source not in names:
            yield (
                f"{place.where} refers to unknown step {source!r}, {str(reference)!r}"
                f"{did_you_mean(source, {*names, *place.sees, INPUT})}"
            )


def _problems_of_condition(step: Step, condition: str, names: Collection[str]) -> Iterator[str]:
    try:
        spoken_of = names_in(condition)
    except InvalidCondition as error:
        yield f"step {step.name!r}: {error}"
        return
    for name in sorted(spoken_of - {INPUT}):
        if name == step.name:
            yield f"the condition of step {step.name!r} speaks of the step's own result"
        elif name in _MEANING:
            yield (
                f"the condition of step {step.name!r} speaks of {name!r}, but it is asked once, "
                "before there are elements: let the task decide for each"
            )
        elif name not in names:
            yield (
                f"the condition of step {step.name!r} speaks of unknown step {name!r}"
                f"{did_you_mean(name, {*names, INPUT})}"
            )
