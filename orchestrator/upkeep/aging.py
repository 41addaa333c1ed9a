"""Nothing is starved: the longer a step waits for a worker, the more urgent it is.

The broker knows no aging, so maintenance sends the message of a step that has waited long
once more, at a higher level; the old copy is dropped when its turn comes. A step gains one
level after the other, and in the end it is served before CRITICAL ones that have not
waited so.

Of each priority only those that have waited longest are raised, a few at a time. If all
were, a backlog that is older than the bound would pass whatever is urgent as one.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from orchestrator.ledger.outbox import Dispatch
from orchestrator.states import Priority, broker_level

#: One in so many processes of a pool is left to the raised steps of each priority, and one at
#: the least: four priorities can be raised, so half a pool is left to what is urgent by itself.
SHARE = 8


@dataclass(frozen=True, slots=True)
class Aged:
    """A step that waits for a worker.

    Attributes:
        boost: levels it has gained so far.
        ready_at: since when it waits.
    """

    dispatch: Dispatch
    priority: int
    boost: int
    ready_at: dt.datetime

    def raised(self, boost: int) -> "Aged":
        """Return the step with so many levels gained."""
        level = broker_level(self.priority, boost)
        return replace(self, boost=boost, dispatch=replace(self.dispatch, level=level))


def boost_of(priority: int, waited: float, bound: float) -> int:
    """Return how many levels a step has gained by waiting for so many seconds.

    The last level, before CRITICAL, is reached while a share of the bound is left, in which
    a worker becomes free.

    >>> [boost_of(Priority.BACKGROUND, waited, bound=600) for waited in (0, 100, 450, 500, 9000)]
    [0, 1, 4, 5, 5]
    """
    if priority == Priority.CRITICAL:
        return 0
    highest = priority + 1
    return max(0, min(highest, int(waited * (highest + 1) / bound)))


def places(processes: int) -> int:
    """Return how many steps of one priority may be raised at a time in a pool of this size."""
    return max(1, processes // SHARE) if processes else 0


def to_raise(waiting: Iterable[Aged], now: dt.datetime, *, bound: float, places: int) -> list[Aged]:
    """Return the steps of one pool and priority that gain levels now, as they are then.

    Args:
        waiting: those that have waited longest, and all that were raised before.
        places: how many may be raised at a time, less those that are running.
    """
    longest = sorted(waiting, key=lambda step: (-step.boost, step.ready_at))[: max(0, places)]
    raised = []
    for step in longest:
        boost = boost_of(step.priority, (now - step.ready_at).total_seconds(), bound)
        if boost > step.boost:
            raised.append(step.raised(boost))
    return raised
