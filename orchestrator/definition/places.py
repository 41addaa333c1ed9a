"""Where a step says things: the calls it makes, and each place in which a reference may stand.

Whatever reads a definition (what a step waits for, what it takes from the run's input,
whether it is sound) goes through these, so a new field is added here and nowhere forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.definition.model import Inputs
from orchestrator.language.references import INDEX, ITEM
from orchestrator.workflow import Step


@dataclass(frozen=True)
class Place:
    """A value in a definition.

    Attributes:
        owner: whose it is, `step 'charge'`.
        name: of the input; or `map`, `timer`, `person`, `agent`.
        where: as a sentence names it, `input 'amount' of step 'charge'`.
        sees: what it may refer to besides the run's input and the steps before.
    """

    owner: str
    name: str
    where: str
    value: Any
    sees: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Call:
    """Something that is handed inputs.

    Attributes:
        owner: `step 'charge'`, `the undoing of step 'charge'`, `escalate[0] of step 'ask'`.
        task: None where no task takes the inputs: a child workflow, or whoever answers.
    """

    owner: str
    task: str | None
    inputs: Inputs
    sees: frozenset[str] = frozenset()

    def place(self, name: str) -> Place:
        """Return where one of its inputs stands."""
        where = f"input {name!r} of {self.owner}"
        return Place(self.owner, name, where, self.inputs[name], self.sees)

    @property
    def places(self) -> Iterator[Place]:
        """Where its inputs stand."""
        return map(self.place, self.inputs)


def own_call(step: Step) -> Call:
    """Return what a step itself calls."""
    return Call(f"step {step.name!r}", step.task or None, step.inputs, _seen_in(step))


def notices_of(step: Step) -> Iterator[Call]:
    """Yield the calls that tell somebody that a step still waits."""
    for number, escalation in enumerate(step.wait_for.escalate if step.wait_for else ()):
        if escalation.notify is not None:
            owner = f"escalate[{number}] of step {step.name!r}"
            yield Call(owner, escalation.notify.task, escalation.notify.inputs)


def undoing_of(step: Step) -> Iterator[Call]:
    """Yield the call that undoes a step, if there is one; it may use the step's own result."""
    if step.compensate is not None:
        owner = f"the undoing of step {step.name!r}"
        sees = _seen_in(step) | {step.name}
        yield Call(owner, step.compensate.task, step.compensate.inputs, sees)


def policies_of(step: Step) -> Iterator[Place]:
    """Yield what a step's map goes over, and what it waits for."""
    owner = f"step {step.name!r}"
    if step.map is not None:
        yield Place(owner, "map", f"the map of {owner}", step.map.over)
    if step.wait_for is not None:
        for kind in ("timer", "person", "agent"):
            value = getattr(step.wait_for, kind)
            if value is not None:
                yield Place(owner, kind, f"the {kind} of {owner}", value)


def places_of(step: Step) -> Iterator[Place]:
    """Yield where a step may refer to others and must then wait for them.

    What undoes it is not among them: it is called only after they are done.
    """
    yield from policies_of(step)
    yield from own_call(step).places
    for notice in notices_of(step):
        yield from notice.places


def _seen_in(step: Step) -> frozenset[str]:
    return frozenset() if step.map is None else frozenset({ITEM, INDEX})
