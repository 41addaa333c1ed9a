"""What is wrong with a workflow's structure: names, references, conditions, circles."""

from collections import Counter
from collections.abc import Collection, Iterator

from orchestrator.errors import InvalidCondition, InvalidReference
from orchestrator.graph import cycles
from orchestrator.language.conditions import names_in
from orchestrator.language.references import INPUT, Reference, references_in
from orchestrator.suggestion import did_you_mean
from orchestrator.workflow import Step, Workflow


def problems_of_step(step: Step, names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with one step, given the names of all.

    A name that comes twice is the workflow's problem, not the step's.
    """
    if step.name == INPUT:
        yield f"a step may not be called {INPUT!r}: in references that is the run's input"
    if step.name in step.after:
        yield f"step {step.name!r} waits for itself"
    for name in step.after:
        if name not in names:
            yield f"step {step.name!r} runs after unknown step {name!r}{did_you_mean(name, names)}"
    for parameter, value in step.inputs.items():
        where = f"input {parameter!r} of step {step.name!r}"
        yield from _problems_of_value(value, where, names, owner=step.name)
    if step.when is not None:
        yield from _problems_of_condition(step, step.when, names)


def repeated_names(workflow: Workflow) -> Iterator[str]:
    """Yield a sentence for each name that more than one step has."""
    for name, count in Counter(step.name for step in workflow.steps).items():
        if count > 1:
            yield f"{count} steps are called {name!r}: a name stands for one step"


def problems_of_result(workflow: Workflow, names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the references in the workflow's result."""
    yield from _problems_of_value(workflow.result, "the result", names, owner=None)


def circles_in(workflow: Workflow) -> Iterator[tuple[str, ...]]:
    """Find the circles; steps that wait for themselves are told of elsewhere."""
    names = {step.name for step in workflow.steps}
    yield from cycles(
        {step.name: sorted((_waits_for(step) & names) - {step.name}) for step in workflow.steps}
    )


def _waits_for(step: Step) -> set[str]:
    """Return what a step waits for, as far as its references and condition can be read."""
    found = set(step.after)
    for value in step.inputs.values():
        found |= {reference.source for reference in _readable(value)[0]}
    try:
        return found | names_in(step.when or "None")
    except InvalidCondition:
        return found


def _readable(value: object) -> tuple[list[Reference], str | None]:
    """Return the references in a value up to the first that is malformed, and that one's error."""
    found = []
    try:
        for reference in references_in(value):
            found.append(reference)  # noqa: PERF402 - what came before the error is kept
    except InvalidReference as error:
        return found, str(error)
    return found, None


def _problems_of_value(
    value: object, where: str, names: Collection[str], *, owner: str | None
) -> Iterator[str]:
    references, malformed = _readable(value)
    if malformed is not None:
        yield f"{where}: {malformed}"
    for reference in references:
        if reference.source == owner:
            yield f"{where} refers to the step's own result, {str(reference)!r}"
        elif reference.source not in names and reference.source != INPUT:
            yield (
                f"{where} refers to unknown step {reference.source!r}, {str(reference)!r}"
                f"{did_you_mean(reference.source, {*names, INPUT})}"
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
        elif name not in names:
            yield (
                f"the condition of step {step.name!r} speaks of unknown step {name!r}"
                f"{did_you_mean(name, {*names, INPUT})}"
            )
