"""What a step calls: a typed function with a name, `<domain>.<verb_noun>`.

    @task("billing.calculate_pricing")
    def calculate_pricing(customer: Customer, lines: list[Line]) -> Pricing: ...

The decorator leaves the function as it is, so a test calls it plainly. Its
parameters are the step's inputs, but for three kinds that the executor fills in:
`Provided[T]`, what a `@provides(T)` factory of the application makes, `Attempt`,
which try of which step this is, and `Transaction`, in which the step is recorded.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from orchestrator.definition.json_values import refuse_flaws
from orchestrator.errors import InvalidTask

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class _Provided:
    """Marks a parameter that the application provides."""


#: `customers: Provided[CustomerRepository]`: filled by the factory for that type.
Provided = Annotated[T, _Provided()]

#: As long as any name may be: a task that is submitted alone lends its name to a workflow.
TASK_NAME = re.compile(r"(?=.{1,64}\Z)[a-z][a-z0-9_]{0,30}\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Attempt:
    """Which try of which step of which run this is; ask for it by annotating a parameter.

    Attributes:
        key: stable over attempts and unique to this step of this run: hand it to
            whatever the step creates, so that a second attempt finds the first one's work.
        number: from 1.
        undoings: how often the step's success was undone; each time its key is a new one.
        permit: the token of the permits it holds, greater than that of every earlier holder, for
            a check where its effect is written; None where it holds none.
    """

    run_id: str
    step: str
    number: int
    undoings: int = 0
    permit: int | None = None
    warnings: list[str] = field(default_factory=list, compare=False)

    @property
    def key(self) -> str:
        """The idempotency key of this step's effect, `run:step`.

        An effect that was undone does not come back: what is done again is a new one.

        Nobody can ask a mail server what it has sent: a mail may go out twice, when the
        process ends before the step is recorded. Make its Message-ID of a digest of the key, and
        whoever gets it twice sees that it is one.
        """
        key = f"{self.run_id}:{self.step}"
        return f"{key}:{self.undoings + 1}" if self.undoings else key

    def warn(self, message: str) -> None:
        """Add a warning to the run; the step goes on."""
        self.warnings.append(message)


@dataclass(frozen=True)
class Transaction:
    """A transaction on the ledger's database, for a step whose effect is in that database.

        @task("billing.book_invoice")
        def book_invoice(order: Order, transaction: Transaction) -> str:
            transaction.connection.execute(insert(invoices).values(...))

    What the function writes and the step's completion are committed together: both happen,
    once, or neither does. An error takes back what was written; so does another attempt that
    took the step meanwhile. For objects of an ORM, open a `Session(transaction.connection)`
    and flush it; whoever commits or rolls back fails the step.

    Be quick: the rows written are locked until the function returns, and on SQLite nobody
    else can write to the ledger at all, no other process and no second connection of yours.

    Attributes:
        connection: SQLAlchemy's.
    """

    connection: "Connection"


@dataclass(frozen=True)
class Parameter:
    """One input of a task."""

    name: str
    annotation: Any
    required: bool

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Check and convert values of this parameter."""
        return TypeAdapter(self.annotation)

    def read(self, value: Any) -> Any:
        """Return what the task gets for a value that a producer or a definition gives.

        Python values are taken, and JSON is: where a type is strict, only the reader of JSON
        lets a text be a date.

        Raises:
            ValidationError: the value is not of the parameter's type.
        """
        try:
            return self.adapter.validate_python(value, by_alias=True, by_name=True)
        except ValidationError as error:
            try:
                text = to_json(value)
            except PydanticSerializationError:
                raise error from None
            return self.read_json(text)

    def read_json(self, text: str | bytes) -> Any:
        """Return what the task gets for a value in the ledger, or in a file.

        A field with an alias may be called by either name: the ledger has the field's own, as
        references do, and a producer writes what the model asks for.

        Raises:
            ValidationError: the value is not of the parameter's type.
        """
        return self.adapter.validate_json(text, by_alias=True, by_name=True)

    def plain(self, value: Any) -> Any:
        """Return a value of this parameter as plain JSON, its fields by their own names."""
        return self.adapter.dump_python(value, mode="json", by_alias=False)

    @cached_property
    def takes_none(self) -> bool:
        """Say whether None is a value of this parameter."""
        return self.annotation is Any or type(None) in get_args(self.annotation)

    @cached_property
    def listed(self) -> "Parameter":
        """A parameter that takes lists of what this one takes, as a map goes over."""
        return Parameter(self.name, list[self.annotation], required=True)  # type: ignore[name-defined]  # known only now


class Task:
    """A named function, with what its signature says."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function

    def __repr__(self) -> str:
        """Show the name."""
        return f"Task({self.name!r})"

    @property
    def domain(self) -> str:
        """The queue and the pool, the part of the name before the dot."""
        return self.name.partition(".")[0]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The inputs a step binds, by name."""
        return {
            name: Parameter(name, hint, parameter.default is inspect.Parameter.empty)
            for name, hint, parameter in self._signature
            if name not in self.filled_in
        }

    @cached_property
    def filled_in(self) -> frozenset[str]:
        """The parameters that are no inputs: the application and the executor give them."""
        return frozenset(
            name
            for name, hint, _ in self._signature
            if hint in (Attempt, Transaction) or _is_provided(hint)
        )

    @cached_property
    def provided(self) -> dict[str, Any]:
        """The parameters that the application provides: name to type."""
        return {name: get_args(hint)[0] for name, hint, _ in self._signature if _is_provided(hint)}

    @cached_property
    def attempt_parameter(self) -> str | None:
        """The name of the parameter that takes the `Attempt`, if there is one."""
        return self._taking(Attempt)

    @cached_property
    def transaction_parameter(self) -> str | None:
        """The name of the parameter that takes the `Transaction`, if there is one."""
        return self._taking(Transaction)

    @cached_property
    def result_type(self) -> Any:
        """What the function says it returns."""
        return get_type_hints(self.function, include_extras=True).get("return", Any)

    def write_result(self, result: Any) -> str:
        """Return what the function gave as JSON, its fields by their own names.

        Raises:
            ValidationError: it is not of the type that the function says it returns.
            ValueError: it has what JSON does not have, such as NaN.
        """
        checked = self.result.validate_python(result)
        text = self.result.dump_json(checked, by_alias=False).decode()
        if "null" in text:  # so pydantic writes NaN, and whoever reads it would get None
            refuse_flaws(self.result.dump_python(checked, by_alias=False), "result")
        return text

    def read_result(self, text: str) -> Any:
        """Return what `write_result` wrote."""
        return self.result.validate_json(text, by_alias=True, by_name=True)

    @cached_property
    def result(self) -> TypeAdapter[Any]:
        """Check and convert results."""
        return TypeAdapter(self.result_type)

    def _taking(self, kind: type) -> str | None:
        return next((name for name, hint, _ in self._signature if hint is kind), None)

    @cached_property
    def _signature(self) -> list[tuple[str, Any, inspect.Parameter]]:
        hints = get_type_hints(self.function, include_extras=True)
        found = []
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise InvalidTask(
                    f"task {self.name!r} takes {parameter}, but inputs are bound by name: "
                    "give it plain parameters"
                )
            if name not in hints:
                raise InvalidTask(
                    f"parameter {name!r} of task {self.name!r} has no type: annotate it"
                )
            found.append((name, hints[name], parameter))
        return found


def task(name: str) -> Callable[[F], F]:
    """Make a function a task, found when its package is loaded.

    Args:
        name: `<domain>.<verb_noun>`, such as `billing.calculate_pricing`; the domain
            is the queue and the pool that runs it.

    Raises:
        InvalidTask: the name is not of that form.
    """
    if not TASK_NAME.fullmatch(name):
        raise InvalidTask(
            f"{name!r} is no task name: write '<domain>.<verb_noun>' in lower case, such as "
            "'billing.calculate_pricing', at most 31 characters for the domain and 64 for all"
        )

    def mark(function: F) -> F:
        function.__task__ = Task(name, function)  # type: ignore[attr-defined]  # our mark on a plain function
        return function

    return mark


def provides(kind: Any) -> Callable[[F], F]:
    """Make a factory without parameters the source of every `Provided[kind]`.

    It is called at most once a worker process, when a task first needs it.
    """

    def mark(function: F) -> F:
        function.__provides__ = kind  # type: ignore[attr-defined]  # our mark on a plain function
        return function

    return mark


def _is_provided(hint: Any) -> bool:
    return get_origin(hint) is Annotated and any(isinstance(m, _Provided) for m in get_args(hint))
