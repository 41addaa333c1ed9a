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
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from orchestrator.states import Priority

STEP_NAME = r"^[a-z][a-z0-9_]{0,63}$"


def _priority(value: object) -> object:
    if isinstance(value, str) and value.upper() in Priority.__members__:
        return Priority[value.upper()]
    if isinstance(value, str):
        known = ", ".join(level.name.lower() for level in Priority)
        raise ValueError(f"{value!r} is no priority: it is one of {known}")
    return value


#: A priority by its name in JSON and YAML, `high`.
PriorityName = Annotated[
    Priority,
    BeforeValidator(_priority),
    PlainSerializer(lambda level: level.name.lower(), return_type=str, when_used="json"),
]


class Model(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Retry(Model):
    """When a failed attempt is followed by another.

    The wait before attempt n + 1 is `backoff * factor ** (n - 1)` seconds, at most
    `max_backoff`, of which a random share of up to `jitter` is taken off.
    """

    max_attempts: int = Field(default=1, ge=1, le=1000)
    backoff: float = Field(default=1.0, ge=0)
    factor: float = Field(default=2.0, ge=1)
    max_backoff: float = Field(default=300.0, ge=0)
    jitter: float = Field(default=0.1, ge=0, le=1)
    #: names of error classes, their bases count; empty: any error
    on: tuple[str, ...] = ()


class Timeout(Model):
    """How long one attempt may run, in seconds.

    At `soft` the function gets a `StepTimedOut` and can tidy up; at `hard` its process is
    killed. Written as a number, it is the soft limit, and the hard one comes 10 % later
    (at least a second, at most a minute).
    """

    soft: float = Field(gt=0)
    hard: float = Field(gt=0)


def _timeout(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return {"soft": value, "hard": value + min(60.0, max(1.0, value / 10))}


class Step(Model):
    """One node of a workflow: the call of a task.

    Attributes:
        after: names of the steps it waits for, besides those its inputs refer to.
        inputs: a value or a reference for each parameter of the task.
        priority: the run's, unless given.
        critical: False makes its failure a warning, and the run goes on.
        when: a condition such as `price.total > 1000 and input.country == "FI"`; when it is
            false the step is skipped.
    """

    name: str = Field(pattern=STEP_NAME)
    task: str
    after: tuple[str, ...] = ()
    inputs: dict[str, Any] = Field(default_factory=dict)
    priority: PriorityName | None = None
    retry: Retry = Retry()
    timeout: Annotated[Timeout | None, BeforeValidator(_timeout)] = None
    critical: bool = True
    when: str | None = None

    @property
    def domain(self) -> str:
        """The queue and the pool, the part of the task's name before the dot."""
        return self.task.partition(".")[0]


class Workflow(Model):
    """A named DAG of steps.

    Attributes:
        priority: of runs submitted without one.
        result: a value or a reference, read when the run has ended; without it the result
            of the last step, or a mapping by name where several steps are last.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")
    description: str = ""
    priority: PriorityName = Priority.NORMAL
    steps: tuple[Step, ...]
    result: Any = None

    @property
    def version(self) -> str:
        """Return the content's fingerprint; a run keeps the version it began with."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]
