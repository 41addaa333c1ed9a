"""Validation: all that is wrong with a workflow, before anything runs."""

from collections.abc import Iterator, Mapping

from orchestrator.declare import Task
from orchestrator.errors import CycleDetectedError, DAGValidationError
from orchestrator.validation.bindings import problems_of_bindings, problems_of_paths
from orchestrator.validation.run_input import check_input
from orchestrator.validation.structure import (
    circles_in,
    problems_of_result,
    problems_of_step,
    repeated_names,
)
from orchestrator.workflow import Workflow

__all__ = ["check", "check_input", "validate"]


def check(workflow: Workflow, tasks: Mapping[str, Task] | None) -> list[str]:
    """Return a sentence for each problem, in the order of the steps; none: the workflow is sound.

    Args:
        workflow: the definition.
        tasks: the loaded tasks by name; None checks the structure only.
    """
    return [*_problems(workflow, tasks), *map(_sentence, circles_in(workflow))]


def validate(workflow: Workflow, tasks: Mapping[str, Task] | None) -> None:
    """Refuse a workflow that does not hold together.

    Raises:
        CycleDetectedError: steps wait for each other in a circle.
        DAGValidationError: anything else is wrong. Both carry all problems.
    """
    problems = list(_problems(workflow, tasks))
    circles = list(circles_in(workflow))
    problems += map(_sentence, circles)
    if circles:
        raise CycleDetectedError(workflow.name, problems, circles[0])
    if problems:
        raise DAGValidationError(workflow.name, problems)


def _problems(workflow: Workflow, tasks: Mapping[str, Task] | None) -> Iterator[str]:
    names = {step.name: step for step in workflow.steps}
    if not workflow.steps:
        yield "it has no steps"
    yield from repeated_names(workflow)
    for step in workflow.steps:
        yield from problems_of_step(step, names)
        if tasks is not None:
            yield from problems_of_bindings(step, names, tasks)
    yield from problems_of_result(workflow, names)
    if tasks is not None:
        yield from problems_of_paths(workflow.result, "the result", names, tasks)


def _sentence(circle: tuple[str, ...]) -> str:
    return f"steps wait for each other in a circle: {' -> '.join((*circle, circle[0]))}"
