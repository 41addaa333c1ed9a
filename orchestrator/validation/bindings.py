"""What is wrong between a step and its task: inputs that are unknown, unbound or ill-typed."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import PydanticUserError, ValidationError

from orchestrator.declare import Parameter, Task
from orchestrator.errors import InvalidTask, WorkflowError
from orchestrator.language.conditions import references_of
from orchestrator.language.references import INPUT, Reference, references_in, resolve
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.typing_fit import NoSuchField, fits, type_name, walk
from orchestrator.workflow import Step

#: What an annotation raises that names nothing, or a type that pydantic cannot handle.
_UNREADABLE = (NameError, TypeError, AttributeError, SyntaxError, PydanticUserError)


def problems_of_bindings(
    step: Step, steps: Mapping[str, Step], tasks: Mapping[str, Task]
) -> Iterator[str]:
    """Yield what is wrong between a step and the task it calls."""
    yield from _problems_of_condition(step, steps, tasks)
    if step.task not in tasks:
        yield (
            f"step {step.name!r} calls unknown task {step.task!r}{did_you_mean(step.task, tasks)}"
        )
        return
    task = tasks[step.task]
    unreadable = _unreadable(task)
    if unreadable is not None:
        yield f"step {step.name!r} cannot call task {task.name!r}: {unreadable}"
        return
    yield from _strangers(step, task)
    for parameter in task.parameters.values():
        if parameter.name in step.inputs:
            yield from _problems_of_input(step, parameter, steps, tasks)
        elif parameter.required:
            yield (
                f"input {parameter.name!r} of step {step.name!r} is not bound, and task "
                f"{task.name!r} has no default for it"
            )


def problems_of_paths(
    value: object, where: str, steps: Mapping[str, Step], tasks: Mapping[str, Task]
) -> Iterator[str]:
    """Yield the references in a value that lead to no field of what their step gives."""
    for reference in _readable(value) or ():
        try:
            _type_of(reference, steps, tasks)
        except NoSuchField as error:
            yield f"{where} refers to {str(reference)!r}, but {error}"


def _problems_of_condition(
    step: Step, steps: Mapping[str, Step], tasks: Mapping[str, Task]
) -> Iterator[str]:
    try:
        read = references_of(step.when or "None")
    except WorkflowError:
        return  # the structure's problem, told there
    for reference in sorted(read, key=str):
        try:
            _type_of(reference, steps, tasks, properties=True)
        except NoSuchField as error:
            spoken = str(reference)[1:]
            yield f"the condition of step {step.name!r} speaks of {spoken!r}, but {error}"


def _unreadable(task: Task) -> str | None:
    """Return why a task's signature cannot be read, if so."""
    try:
        _ = task.result
        for parameter in task.parameters.values():
            _ = parameter.adapter
    except InvalidTask as error:
        return str(error)
    except _UNREADABLE as error:
        return f"its annotations cannot be read: {str(error).splitlines()[0]}"
    return None


def _strangers(step: Step, task: Task) -> Iterator[str]:
    filled = {*task.provided, task.attempt_parameter}
    for name in step.inputs:
        if name in filled:
            yield (
                f"step {step.name!r} binds input {name!r}, which the application itself gives "
                f"to task {task.name!r}: leave it out"
            )
        elif name not in task.parameters:
            yield (
                f"step {step.name!r} binds input {name!r}, which task {task.name!r} does not take"
                f"{did_you_mean(name, task.parameters)}"
            )


def _problems_of_input(
    step: Step, parameter: Parameter, steps: Mapping[str, Step], tasks: Mapping[str, Task]
) -> Iterator[str]:
    value = step.inputs[parameter.name]
    where = f"input {parameter.name!r} of step {step.name!r}"
    references = _readable(value)
    if references is None:
        return
    if not references:
        yield from _problems_of_literal(value, where, parameter)
        return
    lost = list(problems_of_paths(value, where, steps, tasks))
    yield from lost
    if isinstance(value, str) and not lost:
        given = _type_of(references[0], steps, tasks)
        if not fits(given, parameter.annotation):
            yield (
                f"{where} takes {type_name(parameter.annotation)}, "
                f"but {value!r} gives {type_name(given)}"
            )


def _problems_of_literal(value: Any, where: str, parameter: Parameter) -> Iterator[str]:
    plain = resolve(value, run_input={}, results={})
    try:
        parameter.read(plain)
    except ValidationError as error:
        yield f"{where} takes {type_name(parameter.annotation)}, not {plain!r}: {reason(error)}"


def reason(error: ValidationError) -> str:
    """Return pydantic's first finding as the end of a sentence."""
    first, *others = error.errors()
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"][:1].lower() + first["msg"][1:]
    more = f" (and {len(others)} more)" if others else ""
    return f"{place + ': ' if place else ''}{message}{more}"


def _readable(value: object) -> list[Reference] | None:
    """Return the references in a value; None where one is malformed, which is told elsewhere."""
    try:
        return list(references_in(value))
    except WorkflowError:
        return None


def _type_of(
    reference: Reference,
    steps: Mapping[str, Step],
    tasks: Mapping[str, Task],
    *,
    properties: bool = False,
) -> Any:
    """Return the type a reference gives; Any where nothing is known of its source."""
    step = steps.get(reference.source)
    task = tasks.get(step.task) if step is not None else None
    if reference.source == INPUT or task is None or _unreadable(task) is not None:
        return Any
    return walk(task.result_type, reference.path, properties=properties)
