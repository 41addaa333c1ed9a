"""Telling Redis anew who holds permits and who waits for them, from the ledger.

Any number of maintenances may find that Redis has forgotten; the one that begins the next
epoch in the ledger does it, and the others wait. Should it die on the way, the permits stay
closed until another begins again.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping

from redis import Redis

from orchestrator import clock
from orchestrator.capacity.rebuilding import Running
from orchestrator.capacity.replies import Request
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.permits import epochs, holding, parking, resources, scopes
from orchestrator.ledger.permits.epochs import DOMAIN, TOKENS_OF_EPOCH
from orchestrator.permits import messages
from orchestrator.permits.requests import ScopeRequest, StepRequest, need_of

log = logging.getLogger(__name__)

#: A rebuild that has not ended after so long was given up by whoever began it.
_PATIENCE = dt.timedelta(seconds=5)


class Rebuilder:
    """Rebuilds the permits of one Redis.

    Args:
        lease_seconds: how long what runs keeps its permits without a beat.
    """

    def __init__(self, ledger: Ledger, plans: Plans, *, lease_seconds: float) -> None:
        self._ledger = ledger
        self._plans = plans
        self._lease_seconds = lease_seconds

    def rebuild(self, client: Redis, *, force: bool = False) -> bool:
        """Begin an epoch and open it; say whether we did, and not somebody else.

        Args:
            force: also where the present epoch is that of this very Redis.

        Raises:
            redis.exceptions.RedisError: Redis does not answer.
            Unavailable: the ledger does not.
        """
        server = str(client.info("server")["run_id"])
        present = epochs.current(self._ledger)
        is_fresh = present is not None and clock.now() - present.at < _PATIENCE
        if present is not None and present.server == server and is_fresh and not force:
            return False  # somebody is at it
        epoch = epochs.begin(self._ledger, present, server)
        if epoch is None:
            return False
        log.warning("permits are rebuilt from the ledger, epoch %d", epoch.number)
        reach("permits.rebuilding")
        known = resources.known(self._ledger)
        plain = {name: found.resource for name, found in known.items()}
        Semaphores(client, DOMAIN, epoch.number).rebuild(
            [(found.resource, found.effective) for found in known.values()],
            running=self._running(plain, epoch.number),
            waiting=self._waiting(plain),
            ttl=self._lease_seconds,
        )
        reach("permits.rebuilt")
        return True

    def _running(self, known: Mapping[str, Resource], epoch: int) -> Iterator[Running]:
        for held in holding.running(self._ledger):
            planned = self._plans.step(held.version, held.step)
            if planned is not None and planned.step.permits:
                own = StepRequest(held.run_id, held.step, held.attempt)
                need = need_of(planned.step.permits, known)
                since = held.since.timestamp()
                yield Running(str(own), need, held.token or 0, held.worker, since)
        now = clock.now().timestamp()
        for request, scope in scopes.begun(self._ledger, self._plans):
            need, token = need_of(scope.permits, known), epoch * TOKENS_OF_EPOCH
            held_by = ScopeRequest(*request)
            yield Running(str(held_by), need, token, held_by.session, now)

    def _waiting(self, known: Mapping[str, Resource]) -> Iterator[Request]:
        for wanting in parking.parked(self._ledger):
            planned = self._plans.step(wanting.version, wanting.step)
            if planned is None or planned.opens:
                # Whatever it has to take first, the gate knows.
                parking.put_back(self._ledger, wanting.run_id, wanting.step)
                continue
            own = StepRequest(wanting.run_id, wanting.step, wanting.attempt)
            need = need_of(planned.step.permits, known)
            yield messages.request_of(wanting, str(own), need, session="")
