"""Requests by name: of an attempt of a step, of a scope of a run, or of somebody outside.

9f…3c:charge:1   the first attempt of step `charge`
9f…3c:@0         the first scope of the run
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.capacity.resources import Resource, units_of
from orchestrator.definition.permits import Amount
from orchestrator.errors import ResourceNotFound

#: Whoever holds the permits of scopes is the run, and its session ends when they are given back.
RUN = "run:"


@dataclass(frozen=True, slots=True)
class StepRequest:
    """The permits of one attempt."""

    run_id: str
    step: str
    attempt: int

    def __str__(self) -> str:
        """Return the request's name."""
        return f"{self.run_id}:{self.step}:{self.attempt}"


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """The permits that a run holds over several steps."""

    run_id: str
    number: int  #: of the scope, in the order of the definition

    def __str__(self) -> str:
        """Return the request's name."""
        return f"{self.run_id}:@{self.number}"

    @property
    def place(self) -> tuple[str, int]:
        """Its run and its number."""
        return self.run_id, self.number

    @property
    def session(self) -> str:
        """The session that its permits hang on."""
        return f"{RUN}{self.run_id}"


def parse(name: str) -> StepRequest | ScopeRequest | None:
    """Return whose request this is; None: neither a step's nor a scope's.

    >>> parse("9f3c:charge:1")
    StepRequest(run_id='9f3c', step='charge', attempt=1)
    >>> parse("a backup of tonight") is None
    True
    """
    match name.split(":"):
        case [run_id, scope] if scope.startswith("@") and scope[1:].isdecimal():
            return ScopeRequest(run_id, int(scope[1:]))
        case [run_id, step, attempt] if attempt.isdecimal():
            return StepRequest(run_id, step, int(attempt))
    return None


def need_of(permits: Mapping[str, Amount], resources: Mapping[str, Resource]) -> dict[str, int]:
    """Return the amounts that permits are, by resource.

    Raises:
        ResourceNotFound: one is of a resource that nothing declares.
        InvalidAmount: a lock is not taken `shared` or `exclusive`, or what is no lock is.
    """
    need = {}
    for name, asked in permits.items():
        if name not in resources:
            raise ResourceNotFound(f"no resource is called {name!r}: nothing declares it any more")
        need[name] = units_of(resources[name], asked)
    return need
