"""A burst: the steps that one process does in a row, without a trip to the broker for each.

It ends after so many steps or so much time, for whoever waits for the process meanwhile,
and at once where a more urgent message waits.
"""

import time
from collections.abc import Callable

#: A process goes on for so many steps, and for so long.
_STEPS = 50
_SECONDS = 0.25

#: Steps that take less time than to ask are not asked about one by one.
_ASK_SECONDS = 0.02


class Burst:
    """One of them, of one process.

    Args:
        priority: no step that is less urgent is done in it.
        is_outranked: says whether a message waits for the process that is more urgent.
    """

    def __init__(self, priority: int, is_outranked: Callable[[], bool]) -> None:
        self.priority = priority
        self._is_outranked = is_outranked
        self._left = _STEPS
        self._asked = time.monotonic()
        self._end = self._asked + _SECONDS

    def goes_on(self) -> bool:
        """Say whether one more step may be done in it; to be asked at the end of each."""
        now = time.monotonic()
        self._left -= 1
        if self._left <= 0 or now > self._end:
            return False
        if now - self._asked < _ASK_SECONDS:
            return True
        self._asked = now
        return not self._is_outranked()
