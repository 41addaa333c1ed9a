"""Long lists of names, in parts that a statement can hold."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: At most so many names stand in one IN list.
CHUNK = 500


def chunks(names: Iterable[T]) -> Iterator[list[T]]:
    """Return the names in lists of at most `CHUNK`, in their order; none of no names."""
    ordered = list(names)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
