"""Validation: all that is wrong with a workflow, before anything runs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.capacity.resources import Resource
from orchestrator.declare import Task
from orchestrator.errors import CycleDetectedError, DAGValidationError
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.bindings import problems_of_bindings, problems_of_paths
from orchestrator.validation.children import circles_of_workflows, problems_of_child
from orchestrator.validation.kinds import problems_of_kind
from orchestrator.validation.needs import Known
from orchestrator.validation.permits import (
    problems_of_order,
    problems_of_permits,
    problems_of_scopes,
)
from orchestrator.validation.results import Results
from orchestrator.validation.run_input import check_input
from orchestrator.validation.structure import (
    circles_in,
    problems_of_result,
    problems_of_step,
    problems_of_undoings,
    repeated_names,
    result_of,
)
from orchestrator.workflow import Step, Workflow

__all__ = ["check", "check_input", "validate"]


def check(
    workflow: Workflow,
    tasks: Mapping[str, Task] | None,
    workflows: Mapping[str, Workflow] | None = None,
    resources: Mapping[str, Resource] | None = None,
) -> list[str]:
    """Return a sentence for each problem, in the order of the steps; none: the workflow is sound.

    Args:
        workflow: the definition.
        tasks: the loaded tasks by name; None checks the structure only.
        workflows: those that steps may run as children; None leaves out what concerns them.
        resources: what permits may be taken of, besides the workflow's own; None likewise.
    """
    known = _World(tasks, workflows, resources)
    circles = list(circles_in(workflow))
    return [*_problems(workflow, known, circles), *map(_sentence, circles)]


def validate(
    workflow: Workflow,
    tasks: Mapping[str, Task] | None,
    workflows: Mapping[str, Workflow] | None = None,
    resources: Mapping[str, Resource] | None = None,
) -> None:
    """Refuse a workflow that does not hold together; see `check`.

    Raises:
        CycleDetectedError: steps wait for each other in a circle.
        DAGValidationError: anything else is wrong. Both carry all problems.
    """
    circles = list(circles_in(workflow))
    problems = list(_problems(workflow, _World(tasks, workflows, resources), circles))
    problems += map(_sentence, circles)
    if circles:
        raise CycleDetectedError(workflow.name, problems, circles[0])
    if problems:
        raise DAGValidationError(workflow.name, problems)


@dataclass(frozen=True, slots=True)
class _World:
    """What a workflow is checked against; None of something: what concerns it is left out."""

    tasks: Mapping[str, Task] | None
    workflows: Mapping[str, Workflow] | None
    resources: Mapping[str, Resource] | None


def _problems(
    workflow: Workflow, world: _World, circles: Collection[tuple[str, ...]]
) -> Iterator[str]:
    """Yield a sentence for each problem but the circles of its steps, which are known."""
    tasks = world.tasks
    rounds = list(circles_of_workflows(workflow, world.workflows or {}))
    # In a circle what a workflow takes and gives has no end; that it is one is all there is to say.
    children = None if rounds else world.workflows
    if not workflow.steps:
        yield "it has no steps"
    yield from repeated_names(workflow)
    yield from _problems_of_steps(workflow, None if tasks is None else Known(tasks, children))
    resources = {**(world.resources or {}), **{own.name: own for own in workflow.resources}}
    if world.resources is not None:
        yield from problems_of_permits(workflow, resources)
    if not circles:
        yield from problems_of_undoings(workflow)
        yield from problems_of_scopes(workflow)
        yield from problems_of_order(workflow, children or {}, resources)
    for circle in rounds:
        yield f"workflows run each other in a circle: {_round(circle)}"


def _problems_of_steps(workflow: Workflow, known: Known | None) -> Iterator[str]:
    names = {step.name: step for step in workflow.steps}
    results = None if known is None else Results(workflow, known)
    for step in workflow.steps:
        yield from problems_of_step(step, names)
        yield from problems_of_kind(step)
        if known is not None and results is not None:
            yield from problems_of_bindings(step, known, results)
            yield from _problems_of_child(step, known, results)
    yield from problems_of_result(workflow, names)
    if results is not None:
        yield from problems_of_paths(result_of(workflow), results)


def _problems_of_child(step: Step, known: Known, results: Results) -> Iterator[str]:
    if step.workflow is None or known.workflows is None:
        return
    child = known.workflows.get(step.workflow)
    if child is None:
        yield (
            f"step {step.name!r} runs unknown workflow {step.workflow!r}"
            f"{did_you_mean(step.workflow, known.workflows)}"
        )
        return
    problems = check(child, known.tasks, known.workflows)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        yield (
            f"step {step.name!r} runs workflow {child.name!r}, which is not sound: "
            f"{problems[0]}{more}"
        )
    else:
        yield from problems_of_child(step, child, known, results)


def _sentence(circle: tuple[str, ...]) -> str:
    return f"steps wait for each other in a circle: {_round(circle)}"


def _round(circle: tuple[str, ...]) -> str:
    return " -> ".join((*circle, circle[0]))
