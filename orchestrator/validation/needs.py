"""What takes a value in the end: the parameter of a task, of the step or inside a child run.

A workflow has no signature of its own. What it takes from `$input` is what the parameters
take that its inputs are bound to, and those of its children, however deep.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.declare import Parameter, Task
from orchestrator.definition.places import Place, notices_of, own_call, policies_of, undoing_of
from orchestrator.language.references import INPUT, ITEM, Reference
from orchestrator.validation.structure import readable
from orchestrator.workflow import Step, Workflow


@dataclass(frozen=True)
class Binding:
    """A value of a definition that a parameter gets."""

    place: Place
    parameter: Parameter


@dataclass(frozen=True)
class Need:
    """One use of a run's input.

    Attributes:
        place: where it is used.
        is_whole: the parameter gets what is referred to, not something built around it.
    """

    reference: Reference
    place: Place
    parameter: Parameter
    is_whole: bool

    @property
    def checks(self) -> str | None:
        """The name of the input whose value must be one of the parameter's."""
        path = self.reference.path
        return path[0] if self.is_whole and len(path) == 1 else None


@dataclass(frozen=True)
class Known:
    """The tasks and workflows of an application, with what was found out about the latter.

    Attributes:
        workflows: those that steps may run as children; None: nothing is said about them.
    """

    tasks: Mapping[str, Task]
    workflows: Mapping[str, Workflow] | None = None
    _needs: dict[str, tuple[Need, ...]] = field(default_factory=dict, repr=False)

    def needs_of_child(self, name: str) -> tuple[Need, ...]:
        """Return what a workflow takes from its input; nothing, if there is no such workflow."""
        child = (self.workflows or {}).get(name)
        if child is not None and name not in self._needs:
            self._needs[name] = ()  # for those that run each other in a circle
            self._needs[name] = tuple(needs_of(child.steps, self))
        return self._needs.get(name, ())


#: What the engine itself takes.
_TAKEN = {
    "map": Parameter("map", list[Any], required=True),
    "timer": Parameter("timer", float | str, required=True),
    "person": Parameter("person", str, required=True),
    "agent": Parameter("agent", str, required=True),
}


def needs_of(steps: Iterable[Step], known: Known) -> Iterator[Need]:
    """Yield each use that steps make of the run's input."""
    for step in steps:
        inputs = list(bindings_of_inputs(step, known))
        for binding in (*_policies(step, inputs), *inputs):
            yield from _uses(binding, is_whole=isinstance(binding.place.value, str))
        for binding in _presences(step, known):
            yield from _uses(binding, is_whole=False)


def bindings_of_policies(step: Step) -> Iterator[Binding]:
    """Yield what the engine takes for a step: the list of a map, who is waited for."""
    for place in policies_of(step):
        yield Binding(place, _TAKEN[place.name])


def bindings_of_inputs(step: Step, known: Known) -> Iterator[Binding]:
    """Yield each input that a step binds, with each parameter that gets it."""
    for call in (own_call(step), *notices_of(step), *undoing_of(step)):
        task = known.tasks.get(call.task or "")
        parameters = {} if task is None else task.parameters
        for name in call.inputs:
            if name in parameters:
                yield Binding(call.place(name), parameters[name])
    yield from bindings_of_child(step, known)


def bindings_of_child(step: Step, known: Known) -> Iterator[Binding]:
    """Yield each input of a child run, with each parameter inside that gets it whole."""
    call = own_call(step)
    for need in known.needs_of_child(step.workflow or ""):
        if need.checks is not None and need.checks in call.inputs:
            yield Binding(call.place(need.checks), need.parameter)


def _policies(step: Step, inputs: list[Binding]) -> Iterator[Binding]:
    """Yield the same, the list of a map as one of what takes its elements, where something does."""
    elements = [bound.parameter for bound in inputs if bound.place.value == f"${ITEM}"]
    for binding in bindings_of_policies(step):
        if binding.place.name == "map" and elements:
            yield from (Binding(binding.place, parameter.listed) for parameter in elements)
        else:
            yield binding


def _uses(binding: Binding, *, is_whole: bool) -> Iterator[Need]:
    for reference in readable(binding.place.value)[0]:
        if reference.source == INPUT:
            yield Need(reference, binding.place, binding.parameter, is_whole)


def _presences(step: Step, known: Known) -> Iterator[Binding]:
    """Yield what must be there, and nothing more can be said of it.

    It is shown to whoever answers a step that waits, or a child takes only a part of it.
    """
    call = own_call(step)
    if step.wait_for is not None:
        yield from (
            Binding(place, Parameter(place.name, Any, required=True)) for place in call.places
        )
    for need in known.needs_of_child(step.workflow or ""):
        name = next(iter(need.reference.path), None)
        if name in call.inputs and need.checks is None:
            yield Binding(call.place(name), Parameter(name, Any, need.parameter.required))
