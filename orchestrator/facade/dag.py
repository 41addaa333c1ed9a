"""Tasks with dependencies, by the names of seed 004: a DAG of them, and what shape it has.

    dag = WorkflowDAG([
        {"name": "reserve", "task": "inventory.reserve_stock"},
        {"name": "charge", "task": "billing.charge_card", "depends_on": ["reserve"]},
    ])
    dag.get_execution_levels()  # [["reserve"], ["charge"]]

A thin front of `Workflow` and `Plan`: it checks, sorts and draws nothing by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationError

from orchestrator.definition.model import Inputs, Model, PriorityName
from orchestrator.definition.policies import AnyTimeout, Retry
from orchestrator.drawing import to_mermaid
from orchestrator.errors import DAGValidationError
from orchestrator.loading.definitions import sentences
from orchestrator.plan import Plan, compile
from orchestrator.suggestion import did_you_mean
from orchestrator.validation import check
from orchestrator.workflow import STEP_NAME, Step, Workflow

#: What a workflow is called whose tasks were given without one.
UNNAMED = "tasks"

_FIELDS = "such as {'name': 'reserve', 'task': 'inventory.reserve_stock'}"


class TaskSpec(Model):
    """One task of a list: what to call, and after which others.

    Attributes:
        inputs: values, or references such as `$reserve.total` to what another task gave.
        depends_on: names of tasks that have to succeed before it starts.
        timeout: seconds that one attempt may take.
    """

    name: str = Field(pattern=STEP_NAME)
    task: str = Field(min_length=1)
    inputs: Inputs = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    priority: PriorityName | None = None
    timeout: AnyTimeout = None
    retry: Retry = Retry()

    def to_step(self, **more: Any) -> Step:
        """Return the step that calls it."""
        fields = self.model_dump(exclude={"depends_on"}, exclude_defaults=True)
        return Step.model_validate({**fields, "after": self.depends_on, **more})


#: A task, as a record or as the fields of one.
AnyTask = TaskSpec | Mapping[str, Any]


class WorkflowDAG:
    """Tasks and what they depend on.

    Raises:
        DAGValidationError: a task has a field too many, too few, or with a wrong value.
    """

    def __init__(self, tasks: Iterable[AnyTask], *, name: str = UNNAMED) -> None:
        self.workflow = workflow_of(name, [spec.to_step() for spec in specs_of(tasks, name)])

    def problems(self) -> list[str]:
        """Return a sentence for each missing dependency, repeated name and circle."""
        return check(self.workflow, None)

    def validate(self) -> bool:
        """Return True, or say all that is wrong.

        Raises:
            DAGValidationError: a dependency is missing, or a name is there twice.
            CycleDetectedError: tasks wait for each other in a circle.
        """
        return bool(self.plan)

    def topological_sort(self) -> list[str]:
        """Return the names so that each stands after all it depends on.

        Raises:
            DAGValidationError: see `validate`.
        """
        return list(self.plan.steps)

    def get_execution_levels(self) -> list[list[str]]:
        """Return the names in tiers; the tasks of one could run side by side.

        Raises:
            DAGValidationError: see `validate`.
        """
        return [list(level) for level in self.plan.levels]

    def to_mermaid(self) -> str:
        """Return a Mermaid flowchart.

        Raises:
            DAGValidationError: see `validate`.
        """
        return to_mermaid(self.plan)

    @cached_property
    def plan(self) -> Plan:
        """Its shape, in full.

        Raises:
            DAGValidationError: see `validate`.
        """
        return compile(self.workflow)


def workflow_of(name: str, steps: Iterable[Step | Mapping[str, Any]]) -> Workflow:
    """Return steps as a workflow of this name.

    Raises:
        DAGValidationError: the name or a step is none; a sentence for each field that is wrong.
    """
    content = {"name": name, "steps": list(steps)}
    try:
        return Workflow.model_validate(content)
    except ValidationError as error:
        raise DAGValidationError(name, sentences(content, error)) from error


def specs_of(tasks: Iterable[AnyTask], workflow: str = UNNAMED) -> list[TaskSpec]:
    """Return tasks as records.

    Raises:
        DAGValidationError: one of them is none; a sentence for each field that is wrong.
    """
    specs, problems = [], []
    for number, task in enumerate(tasks, start=1):
        if isinstance(task, TaskSpec):
            specs.append(task)
            continue
        if not isinstance(task, Mapping):
            problems.append(f"task number {number} is {task!r}: write its fields, {_FIELDS}")
            continue
        try:
            specs.append(TaskSpec.model_validate(dict(task)))
        except ValidationError as error:
            whose = f"task {task['name']!r}" if "name" in task else f"task number {number}"
            problems += [_sentence(whose, problem) for problem in error.errors()]
    if problems:
        raise DAGValidationError(workflow, problems)
    return specs


def with_dependencies(
    tasks: Iterable[AnyTask], dependencies: Mapping[str, Sequence[str]]
) -> list[TaskSpec]:
    """Return tasks that depend on others as they say themselves, and as a mapping says.

    Raises:
        DAGValidationError: a task is none, or the mapping has one that is not there.
    """
    specs = specs_of(tasks)
    known = [spec.name for spec in specs]
    problems = [
        f"dependencies are given of task {name!r}, which is not there{did_you_mean(name, known)}"
        for name in dependencies
        if name not in known
    ]
    if problems:
        raise DAGValidationError(UNNAMED, problems)
    return [
        spec.model_copy(
            update={
                "depends_on": tuple(
                    dict.fromkeys((*spec.depends_on, *dependencies.get(spec.name, ())))
                )
            }
        )
        for spec in specs
    ]


def _sentence(whose: str, problem: Any) -> str:
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{whose} has no field {place!r}{did_you_mean(place, TaskSpec.model_fields)}"
    if problem["type"] == "missing":
        return f"{whose} has no {place!r}"
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"field {place!r} of {whose} is {problem['input']!r}: {message}"
