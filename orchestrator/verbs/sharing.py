"""The verbs of resources: what there is of them, who holds it, and how much there may be.

    coordinator.register_resource(Resource(name="card-gateway", type="network", capacity=3))
    coordinator.set_capacity("card-gateway", 5, by="ada", reason="they raised it")
    coordinator.resource("card-gateway").usage.available

What is changed is written to the ledger first and counts from then on: a Redis that is away
hears of it from maintenance.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from orchestrator.capacity.refusals import UnknownResource
from orchestrator.capacity.replies import Ended, Grants
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.capacity.views import Lease, Totals, Usage
from orchestrator.errors import InvalidInput, Refused, Unavailable
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.permits import holding, resources
from orchestrator.ledger.permits.audit import Audited, audit
from orchestrator.ledger.permits.resources import Declared
from orchestrator.ledger.who import accountable
from orchestrator.permits.requests import StepRequest, parse
from orchestrator.verbs.telling import SOMEBODY, Teller

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A resource as it is declared, as an operator has set it, and as it is used.

    Attributes:
        usage: None where Redis does not answer, or has granted nothing of it yet.
    """

    declared: Declared
    usage: Usage | None


class Sharing(Teller):
    """Registers, shows and changes resources."""

    def register_resource(self, resource: Resource) -> None:
        """Make a resource known, or declare it anew; what an operator has set stays."""
        resources.declare(self.ledger, [resource], renew=True)
        found = resources.find(self.ledger, resource.name)
        self._tell(lambda permits: permits.register(resource, effective=found.effective).grants)

    def resources(self) -> list[ResourceView]:
        """Return all resources, in the order of their names."""
        resources.declare(self.ledger, self.application.resources.values())
        known = resources.known(self.ledger)
        return [ResourceView(found, self._usage(name)) for name, found in known.items()]

    def resource(self, name: str) -> ResourceView:
        """Return a resource with who holds it.

        Raises:
            ResourceNotFound: nothing has declared it.
        """
        return ResourceView(resources.find(self.ledger, name), self._usage(name))

    def permit_totals(self) -> Totals | None:
        """Return what was counted over all resources; None where Redis does not answer."""
        try:
            with self._door.asking() as permits:
                return permits.totals()
        except Unavailable as error:
            log.info("nothing is counted: %s", error)
            return None

    def audit(self, run_ids: Collection[str]) -> list[Audited]:
        """Return how runs used each resource, by the event log and not by what Redis says."""
        return audit(self.ledger, run_ids, self._plans)

    @accountable
    def set_capacity(
        self,
        name: str,
        capacity: int | None,
        *,
        by: str = SOMEBODY,
        reason: str = "the capacity was changed",
    ) -> Declared:
        """Set how much there is of a resource while it is used; None: as it is declared.

        What is held stays held, and nothing is granted until it is less than there is. Who waits
        for more than there is now fails.

        Raises:
            ResourceNotFound: nothing has declared it.
            InvalidInput: it is no capacity.
        """
        if capacity is not None and not 1 <= capacity < 10**9:
            raise InvalidInput(
                f"{capacity} is no capacity: it is a whole number from 1 on, and `block` grants "
                "nothing for a while"
            )
        if resources.find(self.ledger, name).resource.is_lock:
            raise InvalidInput(f"{name!r} is a lock, and has no capacity: `block` holds it back")
        found = resources.override(self.ledger, name, capacity, by=by, reason=reason)
        self._tell(lambda permits: permits.set_capacity(name, found.capacity).grants)
        return found

    @accountable
    def block(
        self, name: str, seconds: float, *, by: str = SOMEBODY, reason: str = "it was blocked"
    ) -> None:
        """Grant nothing of a resource for a while: its other side said so. 0 lets it go on.

        Raises:
            ResourceNotFound: nothing has declared it.
            InvalidInput: it is no length of time.
            Unavailable: Redis does not answer; nothing is blocked.
        """
        if not 0 <= seconds <= 30 * 86_400:
            raise InvalidInput(f"{seconds:g} s is too long to be blocked: 30 days at most")
        resources.find(self.ledger, name)
        with self._door.asking() as permits:
            grants = permits.block(name, seconds)
        resources.note(
            self.ledger, "resource.blocked", resource=name, seconds=seconds, by=by, reason=reason
        )
        self.send_out(grants)

    def leases(self, name: str | None = None) -> list[Lease]:
        """Return what is held, of one resource or of all.

        Raises:
            ResourceNotFound: nothing has declared it.
            Unavailable: Redis does not answer.
        """
        if name is not None:
            resources.find(self.ledger, name)
        with self._door.asking() as permits:
            return list(permits.leases(name))

    @accountable
    def free(self, request: str, *, by: str = SOMEBODY, reason: str) -> None:
        """Take permits from whoever holds them; a step that runs with them is lost, and done again.

        Args:
            request: as `leases` names it, such as `<run>:charge:1`.

        Raises:
            Refused: nobody holds permits under this name.
            Unavailable: Redis or the ledger does not answer.
        """
        found = parse(request)
        is_taken = isinstance(found, StepRequest) and self._fence(found)
        with self._door.asking() as permits:
            ended = permits.release(request)
        # Whoever was fenced out may have given them back by himself meanwhile.
        if ended.outcome is not Ended.RELEASED and not is_taken:
            raise Refused(
                f"{request!r} holds no permits: `orchestrator resources leases` shows who does"
            )
        resources.note(self.ledger, "permit.freed", request=request, by=by, reason=reason)
        self.send_out(ended.grants)

    def give_back(self, request: str) -> bool:
        """Give back what somebody who is no step holds; say whether it was still held.

        Raises:
            Unavailable: Redis does not answer; it is given back when its lease ends.
        """
        with self._door.asking() as permits:
            ended = permits.release(request)
        self.send_out(ended.grants)
        return ended.outcome is Ended.RELEASED

    def _fence(self, request: StepRequest) -> bool:
        """Take the step from its worker before its permits: it can no longer write its end.

        Returns:
            Whether it had it.
        """
        held = holding.of_step(self.ledger, request.run_id, request.step)
        if held is None or held.attempt != request.attempt:
            return False
        holding.stop(self.ledger, held)
        lost = rescue.of_step(self.ledger, request.run_id, request.step)
        if lost is not None and rescue.give_back(self.ledger, lost):
            self._begin(request.run_id)
        return True

    def _usage(self, name: str) -> Usage | None:
        if not self.settings.broker_url:
            return None
        try:
            with self._door.asking() as permits:
                return permits.usage(name)
        except (Unavailable, UnknownResource) as error:
            log.info("resource %r is shown as declared: %s", name, error)
            return None

    def _tell(self, change: Callable[[Semaphores], Grants]) -> None:
        """Tell Redis of a change; what it does not hear now, maintenance tells it."""
        if not self.settings.broker_url:
            return
        try:
            with self._door.asking() as permits:
                grants = change(permits)
        except (Unavailable, UnknownResource) as error:
            log.info("maintenance tells Redis of a resource: %s", error)
            return
        self.send_out(grants)

    def send_out(self, grants: Grants) -> None:
        """Publish the messages of steps that were granted; what fails here maintenance does."""
        self._publisher.send_out(grants)
