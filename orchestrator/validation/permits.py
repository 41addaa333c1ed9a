"""What is wrong with what steps take of resources: amounts that never fit, scopes that could lock.

Steps take all their permits at once and wait for none while they run, so they cannot wait for
each other in a circle. A scope is held while later steps ask for theirs: two of them that
each hold what the other asks for would wait for ever. So what is held while what is asked
for is gathered over all workflows, and a circle in it is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.capacity.resources import Resource, amount_of
from orchestrator.definition.permits import Permits, Scope
from orchestrator.errors import InvalidInput, InvalidReference
from orchestrator.graph import ancestry, cycles
from orchestrator.language.references import INPUT, parse
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.structure import loose_graph
from orchestrator.workflow import Step, Workflow

#: Workflows that a step may begin, inside each other, no deeper than this.
Workflows = Mapping[str, Workflow]


def problems_of_permits(workflow: Workflow, resources: Mapping[str, Resource]) -> Iterator[str]:
    """Yield what is wrong with the permits of steps and scopes.

    Args:
        resources: by name, the workflow's own included.
    """
    for step in workflow.steps:
        yield from _problems_of_taking(f"step {step.name!r}", step.permits, resources)
    for number, scope in enumerate(workflow.scopes):
        yield from _problems_of_taking(f"scopes[{number}]", scope.permits, resources)


def problems_of_scopes(workflow: Workflow) -> Iterator[str]:
    """Yield what is wrong with the order of scopes, and with whom a workflow is fair to.

    The workflow has no circles.
    """
    yield from _problems_of_fair_by(workflow.fair_by)
    if not workflow.scopes:
        return
    steps = {step.name: step for step in workflow.steps}
    precedes = ancestry(loose_graph(workflow.steps))
    for number, scope in enumerate(workflow.scopes):
        absent = [name for name in (scope.first, scope.last) if name not in steps]
        for name in dict.fromkeys(absent):
            yield f"scopes[{number}] names unknown step {name!r}{did_you_mean(name, steps)}"
        if absent:
            continue
        if steps[scope.first].kind != "task":
            yield (
                f"scopes[{number}] begins with step {scope.first!r}, which no worker does: begin "
                "it with one that calls a task"
            )
        if scope.first != scope.last and not precedes(scope.first, scope.last):
            yield (
                f"scopes[{number}] ends with step {scope.last!r}, which does not run after "
                f"{scope.first!r}: let it"
            )


def problems_of_order(
    workflow: Workflow, workflows: Workflows, resources: Mapping[str, Resource]
) -> Iterator[str]:
    """Yield the circles in which scopes could wait for each other for ever.

    Args:
        workflows: all that run beside it. A circle is told of those whose scopes are in it.
        resources: by name; of those, nobody holds a quota.
    """
    quotas = {name for name, resource in resources.items() if resource.is_rate}
    asked = [each for each in _asked_while_held(workflow, workflows) if each.held not in quotas]
    others = [
        found
        for other in workflows.values()
        if other.name != workflow.name and other.scopes
        for found in _asked_while_held(other, workflows)
        if found.held not in quotas
    ]
    graph: dict[str, list[str]] = {}
    for found in (*asked, *others):
        graph.setdefault(found.held, [])
        graph.setdefault(found.asked, []).append(found.held)
    own = {(found.held, found.asked) for found in asked}
    for circle in cycles(graph):
        pairs = list(zip(circle, (*circle[1:], circle[0]), strict=True))
        if any(pair in own for pair in pairs):
            yield (
                "scopes could wait for each other for ever: "
                + "; ".join(_told(pair, (*asked, *others)) for pair in pairs)
                + ": take them in one scope, or in one order everywhere"
            )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A resource that is asked for while a scope holds another."""

    held: str
    asked: str
    workflow: str
    step: str


def _told(pair: tuple[str, str], found: tuple[_Asked, ...]) -> str:
    held, asked = pair
    at = next(each for each in found if (each.held, each.asked) == pair)
    return f"{held!r} is held when step {at.step!r} of workflow {at.workflow!r} asks for {asked!r}"


def _asked_while_held(workflow: Workflow, workflows: Workflows) -> Iterator[_Asked]:
    if not workflow.scopes:
        return
    graph = loose_graph(workflow.steps)
    precedes = ancestry(graph)
    for number, scope in enumerate(workflow.scopes):
        if scope.first not in graph or scope.last not in graph:
            continue
        # Those that begin with the same step are taken in the order of the definition.
        others = [
            other
            for place, other in enumerate(workflow.scopes)
            if other.first != scope.first or place > number
        ]
        for step in workflow.steps:
            # Until its last step has ended the scope is held, so it waits for all before that.
            is_waited_for = step.name == scope.last or precedes(step.name, scope.last)
            if is_waited_for and not precedes(step.name, scope.first):
                for resource in _asked_by(step, others, workflows):
                    for held in scope.permits:
                        yield _Asked(held, resource, workflow.name, step.name)


def _asked_by(step: Step, scopes: Iterable[Scope], workflows: Workflows) -> Iterator[str]:
    yield from step.permits
    yield from (name for scope in scopes if scope.first == step.name for name in scope.permits)
    yield from _asked_in(step.workflow, workflows, set())


def _asked_in(name: str | None, workflows: Workflows, seen: set[str]) -> Iterator[str]:
    """Yield what a child workflow asks for, and its own children."""
    child = workflows.get(name or "")
    if child is None or child.name in seen:
        return
    seen.add(child.name)
    yield from (resource for scope in child.scopes for resource in scope.permits)
    for step in child.steps:
        yield from step.permits
        yield from _asked_in(step.workflow, workflows, seen)


def _problems_of_taking(
    owner: str, permits: Permits, resources: Mapping[str, Resource]
) -> Iterator[str]:
    for name, asked in permits.items():
        resource = resources.get(name)
        if resource is None:
            yield (
                f"{owner} takes a permit of unknown resource {name!r}"
                f"{did_you_mean(name, resources)}: declare it under 'resources'"
            )
            continue
        try:
            amount_of(resource, asked)
        except InvalidInput as error:
            yield f"{owner} takes what it cannot have: {error}"
    fair = [name for name in permits if name in resources and resources[name].fair]
    if len(fair) > 1:
        yield (
            f"{owner} takes permits of {' and '.join(map(repr, fair))}, which are both shared "
            "fairly: one order cannot be fair to two"
        )


def _problems_of_fair_by(fair_by: str | None) -> Iterator[str]:
    if fair_by is None:
        return
    try:
        reference = parse(fair_by)
    except InvalidReference as error:
        yield f"'fair_by' is wrong: {error}"
        return
    if reference is not None and reference.source != INPUT:
        yield (
            f"'fair_by' is {fair_by!r}, but is read when the run begins: refer to its input, such "
            "as '$input.customer'"
        )
