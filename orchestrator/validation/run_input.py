"""The input of a run: checked, before anything starts, by the tasks that will take it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from orchestrator.declare import Parameter, Task
from orchestrator.definition.json_values import plain, refuse_flaws
from orchestrator.definition.places import places_of, undoing_of
from orchestrator.errors import InvalidCondition, InvalidInput
from orchestrator.language.conditions import references_of
from orchestrator.language.references import INPUT, Reference
from orchestrator.suggestion import did_you_mean
from orchestrator.validation.needs import Known, Need, needs_of
from orchestrator.validation.reasons import reason
from orchestrator.validation.structure import readable
from orchestrator.validation.typing_fit import type_name
from orchestrator.workflow import Step, Workflow


class InputReader:
    """What a workflow takes from a run's input, found out once for any number of runs.

    Args:
        workflows: those that steps may run as children; what is passed on to a child is read
            as its tasks take it.
    """

    def __init__(
        self,
        workflow: Workflow,
        tasks: Mapping[str, Task],
        workflows: Mapping[str, Workflow] | None = None,
    ) -> None:
        self._workflow = workflow.name
        self._needs = tuple(needs_of(workflow.steps, Known(tasks, workflows)))
        self._names = names_of_input(workflow)

    def read(self, run_input: Mapping[str, Any]) -> dict[str, Any]:
        """Return a run's input as plain JSON, each value as the tasks that take it read it.

        Decimals and dates become texts, which keeps them exact.

        Raises:
            InvalidInput: names are missing or unknown, or values are ill-typed; a sentence each.
        """
        problems = [*_missing(self._needs, run_input), *_unknown(self._names, run_input)]
        ready = {}
        for name, value in run_input.items():
            takers = [need for need in self._needs if need.checks == name]
            try:
                ready[name] = _as_json(name, value, takers)
            except InvalidInput as error:
                problems.append(str(error))
        if problems:
            raise InvalidInput(
                f"the input of workflow {self._workflow!r} is wrong: {'; '.join(problems)}"
            )
        return ready


def check_input(
    workflow: Workflow,
    tasks: Mapping[str, Task],
    run_input: Mapping[str, Any],
    workflows: Mapping[str, Workflow] | None = None,
) -> dict[str, Any]:
    """Read one run's input; see `InputReader`."""
    return InputReader(workflow, tasks, workflows).read(run_input)


def names_of_input(workflow: Workflow) -> set[str] | None:
    """Return the names a workflow reads from a run's input.

    None where something takes the input as a whole: any name may mean something to it. Of a
    workflow that is not sound, those that can be read.
    """
    paths = [reference.path for reference in _read_from_input(workflow)]
    return None if () in paths else {path[0] for path in paths}


def readers_of(
    steps: Iterable[Step],
    tasks: Mapping[str, Task],
    workflows: Mapping[str, Workflow] | None = None,
) -> dict[str, Parameter]:
    """Return the parameter that reads each name of a run's input, of several the first."""
    readers: dict[str, Parameter] = {}
    for need in needs_of(steps, Known(tasks, workflows)):
        if need.checks is not None:
            readers.setdefault(need.checks, need.parameter)
    return readers


def typed_input(readers: Mapping[str, Parameter], run_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked input with values as tasks read them, for conditions to compute with.

    In JSON a Decimal is a text: `input.amount > 1000` needs the number. A name that no
    parameter takes as it is stays plain.
    """
    return {
        name: readers[name].read(value) if name in readers else value
        for name, value in run_input.items()
    }


def _missing(needs: Iterable[Need], run_input: Mapping[str, Any]) -> Iterator[str]:
    told = set(run_input)
    for need in needs:
        name = next(iter(need.reference.path), None)
        if name is not None and name not in told and need.parameter.required:
            told.add(name)
            yield (
                f"{name!r} is missing: {need.place.owner} needs it for "
                f"{need.place.name!r}, {type_name(need.parameter.annotation)}"
            )


def _unknown(known: set[str] | None, run_input: Mapping[str, Any]) -> Iterator[str]:
    if known is None:
        return
    for name in run_input:
        if name not in known:
            yield f"no step takes {name!r}{did_you_mean(name, known)}"


def _read_from_input(workflow: Workflow) -> Iterator[Reference]:
    read = readable(workflow.result)[0] + readable(workflow.fair_by)[0]
    for step in workflow.steps:
        for place in places_of(step):
            read += readable(place.value)[0]
        for undoing in undoing_of(step):
            read += readable(undoing.inputs)[0]
        if step.when is not None:
            with suppress(InvalidCondition):
                read += references_of(step.when)
    return (reference for reference in read if reference.source == INPUT)


def _as_json(name: str, value: Any, takers: list[Need]) -> Any:
    """Return a value as JSON, as its takers read it; as it came where they read it differently."""
    try:
        readings = [_read(name, value, taker) for taker in takers]
        if readings and all(reading == readings[0] for reading in readings):
            return readings[0]
        return plain(value, name)
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def _read(name: str, value: Any, taker: Need) -> Any:
    parameter = taker.parameter
    try:
        read = parameter.read(value)
        refuse_flaws(parameter.adapter.dump_python(read), name)
        return parameter.plain(read)
    except PydanticSerializationError as error:  # of what a task takes as anything at all
        raise InvalidInput(f"{name!r} cannot be written as JSON: {error}") from error
    except ValidationError as error:
        raise InvalidInput(
            f"{name!r} is {value!r}, but {taker.place.owner} takes "
            f"{type_name(taker.parameter.annotation)}: {reason(error)}"
        ) from error
