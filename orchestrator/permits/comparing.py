"""What Redis says of permits, held against the ledger: who holds them, and who waits.

A worker that cannot reach Redis when its step is done keeps its permits otherwise for as long
as it lives, and one that dies between two writes leaves a step in no line.
"""

import logging

from orchestrator.capacity.replies import State
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.permits import holding, parking, scopes
from orchestrator.permits.door import Door
from orchestrator.permits.messages import Publisher
from orchestrator.permits.requests import ScopeRequest, StepRequest, parse

log = logging.getLogger(__name__)

#: So many parked steps are looked up at a time.
_PARKED_AT_ONCE = 200


class Comparison:
    """Frees what nobody holds any more, and sends what no line has; a part with each call."""

    def __init__(self, ledger: Ledger, plans: Plans, door: Door, publisher: Publisher) -> None:
        self._ledger = ledger
        self._plans = plans
        self._door = door
        self._publisher = publisher
        #: what was held without right at the last look, and may have been about to be claimed
        self._over: set[str] = set()
        self._looked_at: tuple[str, str] | None = None

    def compare(self) -> None:
        """Look at all that is held, and at the next parked steps.

        Raises:
            Unavailable: the ledger or the Redis of the permits does not answer.
        """
        with self._door.asking() as permits:
            held = [lease.id for lease in permits.leases() if lease.state is State.RUNNING]
            over = {name for name in held if not self._is_held(name)}
            for name in over & self._over:
                log.warning("%s held permits though it has ended", name)
                self._publisher.send_out(permits.release(name).grants)
            self._over = over - self._over
            self._look_at_parked(permits)

    def _is_held(self, name: str) -> bool:
        request = parse(name)
        if isinstance(request, ScopeRequest):
            return scopes.may_be_held(self._ledger, self._plans, request.place)
        if request is None:
            return True  # somebody outside, whose session says how long
        held = holding.of_step(self._ledger, request.run_id, request.step)
        return held is not None and held.attempt == request.attempt

    def _look_at_parked(self, permits: Semaphores) -> None:
        part = parking.parked(self._ledger, after=self._looked_at, limit=_PARKED_AT_ONCE)
        for wanting in part:
            own = StepRequest(wanting.run_id, wanting.step, wanting.attempt)
            planned = self._plans.step(wanting.version, wanting.step)
            asks = [] if planned is None else planned.opens
            if not asks and permits.explain(str(own)).state is State.UNKNOWN:
                log.warning("%s was in no line, and asks again", own)
                parking.put_back(self._ledger, wanting.run_id, wanting.step)
        self._looked_at = (part[-1].run_id, part[-1].step) if part else None
