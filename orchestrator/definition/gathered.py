"""What a step with a map gives where `on_error` is `gather`: results, and errors beside them.

    {"results": [{"sku": "A-1"}, null], "errors": [{"index": 1, "type": "NotFound", "message": …}]}

With `fail` it gives the list of the results alone, for then none is missing.
"""

from typing import Generic, TypeVar

from orchestrator.definition.model import Model

T = TypeVar("T")


class ElementError(Model):
    """Why one element has no result.

    Attributes:
        index: its place in the list, from 0.
        type: the error's class, by name.
    """

    index: int
    type: str
    message: str


class Gathered(Model, Generic[T]):
    """The results of a map in the order of its list, null in the place of a failed element."""

    results: list[T | None]
    errors: list[ElementError]
