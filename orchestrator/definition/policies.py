"""How a step behaves besides what it calls: its retries, its limits, its map, its undoing."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from orchestrator.definition.model import Inputs, Model


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


#: A `Timeout`, or its soft limit as a number.
AnyTimeout = Annotated[Timeout | None, BeforeValidator(_timeout)]


class Map(Model):
    """One branch for each element of a list that is known only at run time.

    In the step's inputs `$item` is the element and `$index` its place, from 0.

    Attributes:
        over: a reference to the list, or the list.
        limit: so many elements are in flight at once.
        on_error: `fail`: the first failed element fails the step, and those that have not
            started are cancelled. `gather`: every element runs, and the result is an object
            of `results`, with null in the place of a failed element, and `errors`.
    """

    over: Any
    limit: int = Field(default=100, ge=1, le=10_000)
    on_error: Literal["fail", "gather"] = "fail"


def _map(value: object) -> object:
    return {"over": value} if isinstance(value, str | list | tuple) else value


#: A `Map`, or just what it goes over.
AnyMap = Annotated[Map | None, BeforeValidator(_map)]


class Compensation(Model):
    """The call that undoes a step, made when its run fails, is cancelled or runs out of time.

    Its inputs may refer to the step's own result. It is tried again as `retry` says; the
    default is patient, because what cannot be undone is left to a person.
    """

    task: str
    inputs: Inputs = Field(default_factory=dict)
    retry: Retry = Retry(max_attempts=5)
    timeout: AnyTimeout = None


_JOINS = ("all", "all_succeeded", "all_done", "any")


def _join(value: object) -> object:
    counts = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if value not in _JOINS and not counts:
        raise ValueError(
            f"{value!r} is no join: it is one of {', '.join(_JOINS)}, or how many must succeed"
        )
    return value


#: When a step with several predecessors starts. `all`: all are final, and not all were
#: skipped. `all_succeeded`: all are final, and it is skipped unless all succeeded.
#: `all_done`: all are final, whatever their ends. `any` and a number: so many succeeded.
Join = Annotated[Literal["all", "all_succeeded", "all_done", "any"] | int, BeforeValidator(_join)]
