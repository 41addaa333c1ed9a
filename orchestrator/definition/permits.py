"""What steps take of resources while they run, and what a run holds over several steps."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from orchestrator.capacity.resources import NAME
from orchestrator.definition.model import Model

#: The two ways to take a lock; of anything else an amount is taken.
LockMode = Literal["shared", "exclusive"]


def _amount(value: object) -> object:
    is_amount = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not is_amount and value not in ("shared", "exclusive"):
        raise ValueError(
            f"{value!r} is no amount: it is a whole number from 1, or of a lock `shared` or "
            "`exclusive`"
        )
    return value


#: How much of a resource is taken.
Amount = Annotated[int | LockMode, BeforeValidator(_amount)]

#: Amounts by resource, taken all at once or not at all.
Permits = dict[Annotated[str, Field(pattern=f"^{NAME.pattern}$")], Amount]


class Scope(Model):
    """Permits that a run holds over several steps, such as the lock of a migration.

    They are taken when `first` starts, before its own, and given back when `last` has ended,
    whatever its end, or the run has.

    Attributes:
        first: the step that takes them.
        last: a step that runs after it, or it itself.
    """

    permits: Permits = Field(min_length=1)
    first: str
    last: str
