"""The leases of what workers hold, which their parent extends with those of the workers.

A connection is made for each beat: one that is open while the parent forks would be shared
with the child. Where no permit was ever granted there is none.
"""

import logging
from collections.abc import Callable, Collection

from redis.exceptions import RedisError

from orchestrator.capacity.semaphores import Semaphores
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.permits import epochs
from orchestrator.ledger.permits.epochs import DOMAIN
from orchestrator.permits.door import connect

log = logging.getLogger(__name__)


def beat(ledger: Ledger, url: str, workers: Collection[str], *, lease_seconds: float) -> None:
    """Extend the leases of workers; never raises."""
    _ask(ledger, url, workers, lambda permits: permits.beat(workers, ttl=lease_seconds))


def end(ledger: Ledger, url: str, workers: Collection[str]) -> None:
    """Say that workers are no more; never raises: their leases end by themselves too."""

    def ask(permits: Semaphores) -> None:
        for worker in workers:
            permits.end_session(worker)

    _ask(ledger, url, workers, ask)


def _ask(
    ledger: Ledger, url: str, workers: Collection[str], ask: Callable[[Semaphores], object]
) -> None:
    if not workers:
        return
    try:
        epoch = epochs.current(ledger)
        if epoch is None:
            return
        with connect(url, epoch.server) as client:
            ask(Semaphores(client, DOMAIN, epoch.number))
    except (RedisError, Unavailable) as error:
        log.info("the leases of permits are not told of a beat: %s", error)
