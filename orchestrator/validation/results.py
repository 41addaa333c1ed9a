"""The types of results: what a reference leads to, by the kind of the step it names."""

from typing import Any

from pydantic import PydanticUserError

from orchestrator.declare import Task
from orchestrator.definition.answers import answer_model
from orchestrator.definition.gathered import Gathered
from orchestrator.definition.wait_for import WaitFor
from orchestrator.errors import InvalidReference, InvalidTask
from orchestrator.language.references import INDEX, INPUT, ITEM, Reference, parse
from orchestrator.validation.needs import Known
from orchestrator.validation.structure import predecessors_of
from orchestrator.validation.typing_fit import NoSuchField, element_of, walk
from orchestrator.workflow import Step, Workflow

#: What an annotation raises that names nothing, or a type that pydantic cannot handle.
_UNREADABLE = (NameError, TypeError, AttributeError, SyntaxError, PydanticUserError)


class Results:
    """The types of what the steps of one workflow give; Any where nothing is known.

    Args:
        children: the types of what whole workflows give, as far as they were needed.
    """

    def __init__(
        self,
        workflow: Workflow,
        known: Known,
        children: dict[str, Any] | None = None,
    ) -> None:
        self._workflow = workflow
        self._steps = {step.name: step for step in workflow.steps}
        self._known = known
        self._children = {} if children is None else children

    def of_reference(
        self, reference: Reference, *, owner: Step | None = None, properties: bool = False
    ) -> Any:
        """Return the type a reference gives.

        Args:
            owner: the step that refers: `$item` is an element of its map, and under its own
                name what undoes it finds what the step, or one element of its map, gave.
            properties: let the path go through any attribute, as conditions may.

        Raises:
            NoSuchField: the path leads nowhere.
        """
        source = self._of_source(reference.source, owner)
        return walk(source, reference.path, properties=properties)

    def of_step(self, step: Step) -> Any:
        """Return the type of what a step gives to others."""
        one = self._of_one(step)
        if step.map is None:
            return one
        return list[one] if step.map.on_error == "fail" else Gathered[one]  # type: ignore[valid-type]  # known only now

    def of_run(self) -> Any:
        """Return the type of what a run of the workflow gives."""
        wanted = self._workflow.result
        if wanted is None:
            followed = set().union(*map(predecessors_of, self._workflow.steps))
            last = [step for step in self._workflow.steps if step.name not in followed]
            return self.of_step(last[0]) if len(last) == 1 else Any
        try:
            reference = parse(wanted) if isinstance(wanted, str) else None
            return Any if reference is None else self.of_reference(reference)
        except (InvalidReference, NoSuchField):
            return Any

    def _of_source(self, source: str, owner: Step | None) -> Any:
        if source == INDEX:
            return int
        if source == ITEM:
            return self._of_element(owner)
        if owner is not None and source == owner.name:
            return self._of_one(owner)
        step = self._steps.get(source)
        return Any if step is None or source == INPUT else self.of_step(step)

    def _of_element(self, owner: Step | None) -> Any:
        over = owner.map.over if owner is not None and owner.map is not None else None
        try:
            reference = parse(over) if isinstance(over, str) else None
            return Any if reference is None else element_of(self.of_reference(reference))
        except (InvalidReference, NoSuchField):
            return Any

    def _of_one(self, step: Step) -> Any:
        """Return the type of what a step gives, or one element of its map."""
        if step.workflow is not None:
            return self._of_child(step.workflow)
        if step.wait_for is not None:
            return _of_answer(step.wait_for)
        task = self._known.tasks.get(step.task)
        return Any if task is None or unreadable(task) is not None else task.result_type

    def _of_child(self, name: str) -> Any:
        child = (self._known.workflows or {}).get(name)
        if child is None:
            return Any
        if name not in self._children:
            self._children[name] = Any  # for those that run each other in a circle
            self._children[name] = Results(child, self._known, self._children).of_run()
        return self._children[name]


def unreadable(task: Task) -> str | None:
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


def _of_answer(wait: WaitFor) -> Any:
    if wait.timer is not None:
        return None
    return Any if wait.answer is None else answer_model(wait.answer)
