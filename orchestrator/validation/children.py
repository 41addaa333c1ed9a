"""What is wrong between a step and the workflow it runs as a child."""

from collections.abc import Iterator, Mapping

from orchestrator.definition.places import Call, own_call
from orchestrator.graph import cycles
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.bindings import problems_of_fit
from orchestrator.validation.needs import Known, bindings_of_child
from orchestrator.validation.results import Results
from orchestrator.validation.run_input import names_of_input
from orchestrator.validation.typing_fit import type_name
from orchestrator.workflow import Step, Workflow


def problems_of_child(step: Step, child: Workflow, known: Known, results: Results) -> Iterator[str]:
    """Yield what is wrong between a step and the input of the sound workflow it runs."""
    call = own_call(step)
    yield from _strangers(call, child)
    yield from _unbound(step, child, known)
    unfit = (
        problem
        for binding in bindings_of_child(step, known)
        for problem in problems_of_fit(binding.place, binding.parameter, step, results)
    )
    yield from dict.fromkeys(unfit)  # several tasks of the child may take one input


def circles_of_workflows(
    workflow: Workflow, workflows: Mapping[str, Workflow]
) -> Iterator[tuple[str, ...]]:
    """Find the workflows that run each other in a circle, among all that this one may lead to."""
    found = {workflow.name: workflow}
    waiting = [workflow]
    callers: dict[str, list[str]] = {workflow.name: []}
    while waiting:
        caller = waiting.pop()
        for name in dict.fromkeys(step.workflow for step in caller.steps if step.workflow):
            callers.setdefault(name, []).append(caller.name)
            if name in workflows and name not in found:
                found[name] = workflows[name]
                waiting.append(workflows[name])
    yield from cycles(callers)


def _strangers(call: Call, child: Workflow) -> Iterator[str]:
    taken = names_of_input(child)
    if taken is None:
        return
    for name in call.inputs:
        if name not in taken:
            yield (
                f"{call.owner} binds input {name!r}, which no step of workflow {child.name!r} "
                f"takes{did_you_mean(name, taken)}"
            )


def _unbound(step: Step, child: Workflow, known: Known) -> Iterator[str]:
    told = set(step.inputs)
    for need in known.needs_of_child(child.name):
        name = next(iter(need.reference.path), None)
        if name is not None and name not in told and need.parameter.required:
            told.add(name)
            yield (
                f"input {name!r} of step {step.name!r} is not bound, and {need.place.owner} of "
                f"workflow {child.name!r} needs it for {need.place.name!r}, "
                f"{type_name(need.parameter.annotation)}"
            )
