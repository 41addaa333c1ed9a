"""What maintenance does for the steps that wait for a worker, however many they are.

Each repair works through a part of a long backlog at most, and goes on with the next
sweep: timers and dead workers do not wait for it.
"""

import logging
from itertools import islice

from orchestrator.broker.queues import Queues
from orchestrator.dispatcher import Dispatcher
from orchestrator.errors import LostRace
from orchestrator.ledger import Ledger, outbox
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.upkeep import idle_pools, raising, unstarted
from orchestrator.progression import Progression
from orchestrator.settings import Settings
from orchestrator.upkeep.lost import LostMessages

log = logging.getLogger(__name__)

#: A step that is ready for so long was forgotten by whoever made it so.
_READY_SECONDS = 1.0

#: So many messages are sent at a time, and so many times in one sweep.
_BATCH = 500
_BATCHES = 10


class Backlogs:
    """The repairs, each a method that may be called at any time."""

    def __init__(
        self, ledger: Ledger, settings: Settings, plans: Plans, dispatcher: Dispatcher
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._plans = plans
        self._dispatcher = dispatcher
        self._lost = LostMessages(ledger, Queues(settings.broker_url))

    def send_ready(self) -> None:
        """Send the messages that nobody has sent."""
        unread: frozenset[str] = frozenset()  # or they would stand before all others for ever
        for _ in range(_BATCHES):
            ready = outbox.ready(self._ledger, age=_READY_SECONDS, limit=_BATCH, but=unread)
            unread |= self._dispatcher.dispatch(ready)
            if len(ready) < _BATCH:
                return

    def feed_idle_pools(self) -> None:
        """Send the messages of steps that are held back to pools with idle processes."""
        self._dispatcher.dispatch(idle_pools.widen(self._ledger))

    def send_lost(self) -> None:
        """Send the messages again that are nowhere."""
        for lost in islice(self._lost.find(), _BATCHES):
            if lost:
                log.info("%d messages were lost and are sent again", len(lost))
            self._dispatcher.dispatch(lost)

    def raise_aged(self) -> None:
        """Make those more urgent that have waited long, so that nothing is starved."""
        bound = self._settings.starvation_seconds
        self._dispatcher.dispatch(raising.raise_aged(self._ledger, bound=bound))

    def fail_unstarted(self, progression: Progression, run_id: str, step: str) -> None:
        """Fail a step that has waited longer than it may."""
        try:
            progress = unstarted.give_up(self._ledger, run_id, step, self._plans)
        except LostRace:
            return  # a worker took it at this moment
        if progress is not None:
            progression.carry_out(progress)
