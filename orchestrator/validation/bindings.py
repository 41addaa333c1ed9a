"""What is wrong between a call and its task: inputs that are unknown, unbound or ill-typed."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from orchestrator.declare import Parameter, Task
from orchestrator.definition.places import Call, Place, notices_of, own_call, undoing_of
from orchestrator.errors import WorkflowError
from orchestrator.language.conditions import references_of
from orchestrator.language.references import ITEM, resolve
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.needs import Known, bindings_of_policies
from orchestrator.validation.reasons import reason
from orchestrator.validation.results import Results, unreadable
from orchestrator.validation.structure import readable
from orchestrator.validation.typing_fit import NoSuchField, fits, type_name
from orchestrator.workflow import Step


def problems_of_bindings(step: Step, known: Known, results: Results) -> Iterator[str]:
    """Yield what is wrong between a step and the tasks it calls."""
    yield from _problems_of_condition(step, results)
    for binding in bindings_of_policies(step):
        if readable(binding.place.value)[0]:  # what is written out was read with the definition
            yield from problems_of_input(binding.place, binding.parameter, step, results)
    for call in (own_call(step), *notices_of(step), *undoing_of(step)):
        if call.task is not None:
            yield from _problems_of_call(call, call.task, step, known, results)
        else:
            for place in call.places:
                yield from problems_of_paths(place, results, owner=step)


def problems_of_paths(
    place: Place, results: Results, *, owner: Step | None = None
) -> Iterator[str]:
    """Yield the references in a value that lead to no field of what their step gives."""
    references, malformed = readable(place.value)
    for reference in references if malformed is None else ():
        try:
            results.of_reference(reference, owner=owner)
        except NoSuchField as error:
            yield f"{place.where} refers to {str(reference)!r}, but {error}"


def problems_of_input(
    place: Place, parameter: Parameter, owner: Step, results: Results
) -> Iterator[str]:
    """Yield what is wrong between a value and the parameter that gets it."""
    yield from problems_of_paths(place, results, owner=owner)
    yield from problems_of_fit(place, parameter, owner, results)


def problems_of_fit(
    place: Place, parameter: Parameter, owner: Step, results: Results
) -> Iterator[str]:
    """Yield what is wrong between the type of a value and that of the parameter that gets it."""
    references, malformed = readable(place.value)
    if malformed is not None:
        return
    if not references:
        yield from _problems_of_literal(place.value, place, parameter)
    elif place.value == f"${ITEM}" and _is_written_out(owner):
        for element in owner.map.over if owner.map is not None else ():
            yield from _problems_of_literal(element, place, parameter)
    elif isinstance(place.value, str):
        yield from _problems_of_type(place, parameter, owner, results)


def _problems_of_condition(step: Step, results: Results) -> Iterator[str]:
    if step.when is None:
        return
    try:
        read = references_of(step.when)
    except WorkflowError:
        return  # the structure's problem, told there
    for reference in sorted(read, key=str):
        try:
            results.of_reference(reference, properties=True)
        except NoSuchField as error:
            spoken = str(reference)[1:]
            yield f"the condition of step {step.name!r} speaks of {spoken!r}, but {error}"


def _problems_of_call(
    call: Call, name: str, step: Step, known: Known, results: Results
) -> Iterator[str]:
    if name not in known.tasks:
        yield f"{call.owner} calls unknown task {name!r}{did_you_mean(name, known.tasks)}"
        return
    task = known.tasks[name]
    unread = unreadable(task)
    if unread is not None:
        yield f"{call.owner} cannot call task {task.name!r}: {unread}"
        return
    yield from _strangers(call, task)
    for parameter in task.parameters.values():
        if parameter.name in call.inputs:
            yield from problems_of_input(call.place(parameter.name), parameter, step, results)
        elif parameter.required:
            yield (
                f"input {parameter.name!r} of {call.owner} is not bound, and task "
                f"{task.name!r} has no default for it"
            )


def _strangers(call: Call, task: Task) -> Iterator[str]:
    for name in call.inputs:
        if name in task.filled_in:
            yield (
                f"{call.owner} binds input {name!r}, which the application itself gives "
                f"to task {task.name!r}: leave it out"
            )
        elif name not in task.parameters:
            yield (
                f"{call.owner} binds input {name!r}, which task {task.name!r} does not take"
                f"{did_you_mean(name, task.parameters)}"
            )


def _problems_of_type(
    place: Place, parameter: Parameter, owner: Step, results: Results
) -> Iterator[str]:
    (reference,) = readable(place.value)[0]
    try:
        given = results.of_reference(reference, owner=owner)
    except NoSuchField:
        return  # told with the paths
    if not fits(given, parameter.annotation):
        yield (
            f"{place.where} takes {type_name(parameter.annotation)}, "
            f"but {place.value!r} gives {type_name(given)}"
        )


def _is_written_out(step: Step) -> bool:
    """Say whether a step maps over a list of plain values."""
    over = None if step.map is None else step.map.over
    return isinstance(over, list | tuple) and readable(over) == ([], None)


def _problems_of_literal(value: Any, place: Place, parameter: Parameter) -> Iterator[str]:
    plain = resolve(value, run_input={}, results={})
    try:
        parameter.read(plain)
    except ValidationError as error:
        yield (
            f"{place.where} takes {type_name(parameter.annotation)}, not {plain!r}: {reason(error)}"
        )
