"""A burst: the steps that one process does in a row, without a trip to the broker for each.

It ends after so many steps or so much time, for whoever waits for the process meanwhile,
and at once where a more urgent message waits. Where nobody waits, it is given more time.
"""

import time
from collections.abc import Callable

from orchestrator.ledger.flow.claim import Message
from orchestrator.plan import PlannedStep
from orchestrator.states import broker_level

#: A process goes on for so many steps, and for so long where others wait, or nobody does.
_STEPS = 50
_SECONDS = 0.25
_LONGEST_SECONDS = 2.0

#: Steps that take less time than to ask are not asked about one by one.
_ASK_SECONDS = 0.05


class Burst:
    """One of them, of one process.

    Args:
        pool: whose process it is; no step of another is done in it.
        priority: no step that is less urgent is done in it.
        is_outranked: says whether a message waits for the process that is more urgent.
        is_awaited: says whether one waits that is as urgent.
    """

    def __init__(
        self,
        pool: str,
        priority: int,
        is_outranked: Callable[[], bool],
        is_awaited: Callable[[], bool],
    ) -> None:
        self.pool = pool
        self.priority = priority
        self._is_outranked = is_outranked
        self._is_awaited = is_awaited
        self._left = _STEPS
        self._asked = time.monotonic()
        self._end = self._asked + _SECONDS
        self._last = self._asked + _LONGEST_SECONDS

    def goes_on(self) -> bool:
        """Say whether one more step may be done in it; to be asked at the end of each.

        A burst that has ended does not begin again: what comes next may be asked about twice.
        """
        self._left = self._left - 1 if self._has_time() else 0
        return self._left > 0

    def _has_time(self) -> bool:
        now = time.monotonic()
        if self._left <= 0 or now > self._last:
            return False
        if now > self._end:
            if self._is_awaited():
                return False
            self._end = now + _SECONDS
        if now - self._asked < _ASK_SECONDS:
            return True
        self._asked = now
        return not self._is_outranked()

    def takes(self, planned: PlannedStep, message: Message) -> bool:
        """Say whether one more step, that of a message, is done in it as if that had come."""
        return (
            planned.fits_burst_of(self.pool)
            and message.level is not None
            and message.level <= broker_level(self.priority)
            and self.goes_on()
        )
