"""Which queued steps have lost their messages.

Age proves nothing: in a backlog every message is old. But a sub-queue is first in,
first out, so a step that was queued before the oldest message of its sub-queue, and is
not with a worker either, has lost its own. Only the ends of the sub-queues are looked
at, however long they are.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import islice

from orchestrator import clock
from orchestrator.broker.queues import Queues
from orchestrator.ledger import Ledger
from orchestrator.ledger.outbox import Dispatch
from orchestrator.ledger.upkeep import backlog, known_tasks
from orchestrator.ledger.upkeep.backlog import Level
from orchestrator.message_id import MessageId

#: A step's message may be on its way for so long after the step was queued.
_ON_ITS_WAY = dt.timedelta(seconds=3)

#: Clocks and publishing differ by less than this.
_SLACK = dt.timedelta(seconds=2)

#: So many lost messages are found at a time.
_BATCH = 500

#: In so many parts of a sub-queue a message is looked for whose step is still queued. All
#: before it are leftovers that workers drop faster than we could look at them.
_PARTS = 4


class LostMessages:
    """Finds queued steps that no sub-queue has a message of, nor a living worker."""

    def __init__(self, ledger: Ledger, queues: Queues) -> None:
        self._ledger = ledger
        self._queues = queues

    def find(self) -> Iterator[list[Dispatch]]:
        """Return them in batches; when it is asked for the next, the last has been sent again.

        A step whose task no living worker of its pool knows is not among them: its message
        would be lost again.
        """
        latest = clock.now() - _ON_ITS_WAY
        levels = [level for level in backlog.levels(self._ledger) if level.oldest < latest]
        knowledge = known_tasks.known(self._ledger) if levels else None
        for level in levels:
            since = self._since(level)
            tasks = knowledge.of(level.queue) if knowledge else None
            if since is None or level.oldest >= since:
                continue
            full = True
            while full:
                found = backlog.first_queued(
                    self._ledger, level, before=min(latest, since), limit=_BATCH, tasks=tasks
                )
                # Looked at last: a message that is taken meanwhile goes from its queue to a worker.
                held = self._queues.held() if found else set()
                lost = [dispatch for dispatch in found if _id(dispatch) not in held]
                full = len(found) == _BATCH and bool(lost)
                yield lost

    def _since(self, level: Level) -> dt.datetime | None:
        """Return the time before which every queued step of a level has lost its message.

        Returns:
            None where the sub-queue does not say.
        """
        parts = self._queues.oldest_first(level.queue, level.broker_level)
        looked_at = 0
        for part in islice(parts, _PARTS):
            queued = backlog.queued_since(self._ledger, level, part)
            if queued is not None:
                return queued - _SLACK
            looked_at += 1
        return None if looked_at == _PARTS else clock.now()


def _id(dispatch: Dispatch) -> str:
    return str(MessageId(dispatch.run_id, dispatch.step, dispatch.attempt))
