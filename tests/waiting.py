"""Wait for a condition with a deadline: the only way a test waits."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], within: float = 10.0, every: float = 0.02) -> T:
    """Return the first true value of `condition`, or fail with its last value.

    `condition` is tried once more at the deadline, and what it raises in the end is
    raised here; an AssertionError before that only means "not yet".
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline
        try:
            value = condition()
        except AssertionError:
            if late:
                raise
        else:
            if value:
                return value
            if late:
                message = f"not true within {within} s, last value {value!r}: {condition}"
                raise AssertionError(message)
        time.sleep(every)
