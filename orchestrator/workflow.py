"""What was asked: a workflow is a named DAG of steps, each a call of a task.

The models are frozen, and the same shape is valid JSON and YAML:

    name: ship_order
    steps:
      - {name: reserve, task: inventory.reserve_stock, inputs: {order: $input.order}}
      - {name: charge, task: billing.charge_card, inputs: {amount: $reserve.total}}
      - {name: book, task: scheduling.book_truck, after: [reserve]}
      - {name: notify, task: messaging.send_receipt, after: [charge, book]}

A value that begins with `$` is a reference: `$input.order` to the run's input,
`$reserve.total` to a field of an earlier step's result (`$$` for a plain dollar).
A step runs after the steps it names in `after` and after those it refers to.
`validation.check` says all that is wrong with a workflow; `plan.compile` says what
shape it has.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator

from orchestrator.capacity.resources import Resource
from orchestrator.definition.durations import Duration
from orchestrator.definition.model import Inputs, Model, PriorityName
from orchestrator.definition.permits import Permits, Scope
from orchestrator.definition.policies import AnyMap, AnyTimeout, Compensation, Join, Retry
from orchestrator.definition.wait_for import WaitFor
from orchestrator.states import Priority

STEP_NAME = r"^[a-z][a-z0-9_]{0,63}$"

#: What a step is to the engine: a task is done by a worker of a pool, and the others hold none.
Kind = Literal["task", "wait", "child", "map"]


class Step(Model):
    """One node of a workflow: the call of a task, a child workflow, or something to wait for.

    Attributes:
        task: the task it calls; or
        workflow: the workflow it runs as a child, its inputs being the child's input; or
        wait_for: a time, a signal, a person or an agent.
        after: names of the steps it waits for, besides those its inputs refer to.
        inputs: a value or a reference for each parameter of the task.
        priority: the run's, unless given.
        critical: False makes its failure a warning, and the run goes on.
        when: a condition such as `price.total > 1000 and input.country == "FI"`; when it is
            false the step is skipped.
        map: one branch for each element of a list.
        join: when it starts, if it has several predecessors.
        prefer_after: steps it rather follows: where one of them is not done yet, it waits
            for it, but no longer than `patience`.
        start_within: how long it may wait for a worker before it fails.
        compensate: what undoes it when the run does not succeed.
        irrevocable: nothing undoes it: once it is done, it and what led to it stand.
        permits: what it takes of resources while it runs, and its undoing too; until that is
            free it waits without a worker.
    """

    name: str = Field(pattern=STEP_NAME)
    task: str = ""
    workflow: str | None = None
    wait_for: WaitFor | None = None
    after: tuple[str, ...] = ()
    inputs: Inputs = Field(default_factory=dict)
    priority: PriorityName | None = None
    retry: Retry = Retry()
    timeout: AnyTimeout = None
    critical: bool = True
    when: str | None = None
    map: AnyMap = None
    join: Join = "all"
    prefer_after: tuple[str, ...] = ()
    patience: Duration = 300.0
    start_within: Duration | None = None
    compensate: Compensation | None = None
    irrevocable: bool = False
    permits: Permits = Field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What it is to the engine."""
        if self.map is not None:
            return "map"
        if self.workflow is not None:
            return "child"
        return "task" if self.wait_for is None else "wait"

    @property
    def domain(self) -> str:
        """The queue and the pool, the part of the task's name before the dot."""
        return self.task.partition(".")[0]

    def priority_in(self, run_priority: int) -> Priority:
        """Return how urgent the step is in a run: as the run, unless it says otherwise."""
        return Priority(run_priority) if self.priority is None else self.priority

    @model_validator(mode="wrap")
    @classmethod
    def _is_one_thing(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Tell this beside wrong fields; after them, pydantic asks only when none is wrong."""
        fields = value if isinstance(value, Mapping) else {}
        given = [name for name in ("task", "workflow", "wait_for") if fields.get(name)]
        if value is not fields or len(given) == 1:
            return read(value)
        found = " and ".join(given) or "none of them"
        sentence = f"a step has one of task, workflow and wait_for, not {found}"
        whole: Any = {"type": "value_error", "input": value, "ctx": {"error": ValueError(sentence)}}
        problems: list[Any] = []
        try:
            read(value)
        except ValidationError as error:
            problems += error.errors()
        raise ValidationError.from_exception_data(cls.__name__, [*problems, whole])

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.map is not None and self.wait_for is not None:
            raise ValueError("a step that waits has no map: map over a child workflow that waits")
        if self.irrevocable and self.compensate is not None:
            raise ValueError("a step is either irrevocable or has a compensate, not both")
        return self


class Workflow(Model):
    """A named DAG of steps.

    Attributes:
        priority: of runs submitted without one.
        result: a value or a reference, read when the run has ended; without it the result
            of the last step, or a mapping by name where several steps are last.
        timeout: how long a run may take in all before it fails.
        scopes: permits that a run holds over several steps.
        fair_by: a reference to the run's input, or a text: of a resource that is shared fairly,
            the runs of one value together wait behind each other, not behind those of another.
        resources: what its permits are taken of, where no other place declares it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")
    description: str = ""
    priority: PriorityName = Priority.NORMAL
    steps: tuple[Step, ...]
    result: Any = None
    timeout: Duration | None = None
    scopes: tuple[Scope, ...] = ()
    fair_by: str | None = None
    resources: tuple[Resource, ...] = ()

    @property
    def version(self) -> str:
        """Return the content's fingerprint; a run keeps the version it began with."""
        # Without defaults: a field that a later release adds changes no version. Nor does the
        # capacity of what its steps take: that is not of the run.
        content = self.model_dump_json(exclude_defaults=True, exclude={"resources"})
        return hashlib.sha256(content.encode()).hexdigest()[:16]
