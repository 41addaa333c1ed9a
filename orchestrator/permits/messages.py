"""The message of a step that is parked, as Redis keeps it, and as the broker gets it.

What Redis keeps names the step; the rest of the message is made from the ledger's definition
when it goes out.
"""

import json
import logging
from collections.abc import Iterable, Mapping

from celery import Celery
from celery.canvas import Signature
from kombu.exceptions import OperationalError

from orchestrator import canvas
from orchestrator.broker.publishing import publish
from orchestrator.burst import Burst
from orchestrator.capacity.replies import Grant, Request
from orchestrator.errors import Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.claim import Message, Wanting
from orchestrator.permits.door import Door
from orchestrator.plan import PlannedStep
from orchestrator.states import broker_level

log = logging.getLogger(__name__)


def request_of(wanting: Wanting, name: str, need: Mapping[str, int], *, session: str) -> Request:
    """Return what is asked of Redis for a step, with what it keeps while the step is parked.

    Args:
        name: of the request: the step's own, or that of a scope that it begins.
    """
    level = broker_level(wanting.priority, wanting.boost)
    kept = [wanting.run_id, wanting.step, wanting.attempt, wanting.version, level]
    return Request(
        id=name,
        need=need,
        session=session,
        level=max(0, wanting.priority - wanting.boost),
        tenant=wanting.fair_key,
        # A step that asks again keeps its place.
        arrived_us=round(wanting.since.timestamp() * 1e6),
        message=json.dumps(kept, separators=(",", ":")).encode(),
    )


class Publisher:
    """Sends out the messages of steps that were granted their permits."""

    def __init__(self, app: Celery, plans: Plans, door: Door) -> None:
        self._app = app
        self._plans = plans
        self._door = door

    def publish(self, grants: Iterable[Grant]) -> None:
        """Publish, and say so to Redis; what is not said is published again by maintenance.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
            Unavailable: the ledger or the Redis of the permits does not.
        """
        granted = list(grants)
        if not granted:
            return
        found = [step for step in map(self._step, granted) if step is not None]
        reach("permits.publishing")
        publish(self._app, [self._signature(*step) for step in found])
        reach("permits.published")
        with self._door.asking() as permits:
            permits.published([grant.id for grant in granted])

    def send_out(self, grants: Iterable[Grant]) -> None:
        """Publish; never raises. What fails here, maintenance does."""
        try:
            self.publish(grants)
        except (OperationalError, Unavailable) as error:
            log.warning("maintenance sends out who was granted: %s", error)

    def hand_over(self, grants: Iterable[Grant], heir: Burst) -> Message | None:
        """Publish but for the first that a burst takes; return its message, as if it had come.

        Should its process die with it, maintenance publishes it.

        Raises:
            kombu.exceptions.OperationalError: as `publish` does.
            Unavailable: likewise.
        """
        granted = list(grants)
        for grant in granted:
            step = self._step(grant)
            if step is not None and heir.takes(*step):
                self.publish(other for other in granted if other is not grant)
                return step[1]
        self.publish(granted)
        return None

    def _step(self, grant: Grant) -> tuple[PlannedStep, Message] | None:
        """Return the step that was granted what it asked for; None: its definition is gone."""
        run_id, step, attempt, version, level = json.loads(grant.message)
        planned = self._plans.step(version, step)
        if planned is None:
            return None
        # Before those of its priority that have yet to ask for their permits.
        level = max(0, level - 1)
        return planned, Message(run_id, step, attempt, level, (grant.id, grant.token))

    def _signature(self, planned: PlannedStep, message: Message) -> Signature:
        level = message.level or 0
        return canvas.signature(
            self._app, message.run_id, planned.step, message.attempt, level, grant=message.grant
        )
