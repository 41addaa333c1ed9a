"""What all processes of a pool's node share: loaded once, before they are forked."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def preload(domain: str) -> Callable[[F], F]:
    """Have a function without parameters called once on each node of a domain's pool.

        @preload("inventory")
        def load_search() -> None:
            import sklearn.feature_extraction.text

    It is called before the node's processes are forked: they share what it imports and keeps, so
    it is in memory once, and the first step of each does not wait for it. Connections and threads
    are not to be shared: leave these to a `@provides` factory.

    Args:
        domain: of a pool, the first part of its tasks' names.
    """

    def mark(function: F) -> F:
        function.__preload__ = domain  # type: ignore[attr-defined]  # our mark on a plain function
        return function

    return mark
