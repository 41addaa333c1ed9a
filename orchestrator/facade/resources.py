"""The ResourceManager of seed 004: its names over our verbs, for what is no step.

    with ResourceManager(coordinator) as resources:
        resources.register_resource("gpu", ResourceType.COMPUTE, 2)
        allocation = resources.allocate("gpu", "a backup", amount=1, timeout=30)
        ...
        resources.release(allocation.id)

What a step needs it says in its `permits`, and holds no worker while it waits. A caller of
`allocate` is no step: its thread waits, and a thread of ours extends its lease until it
releases what it holds or its process ends.
"""

import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from orchestrator.capacity.refusals import PermitUnavailable, SessionEnded, UnknownResource
from orchestrator.capacity.replies import Answer, Granted, Held, Request
from orchestrator.capacity.resources import Resource, ResourceType
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.capacity.views import Explanation, Usage
from orchestrator.coordinator import Coordinator
from orchestrator.definition.permits import Amount
from orchestrator.errors import Unavailable
from orchestrator.ledger.permits import resources
from orchestrator.ledger.permits.resources import Declared
from orchestrator.permits.door import Door
from orchestrator.permits.requests import need_of
from orchestrator.states import AnyPriority, Priority

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What is held until it is released.

    Attributes:
        id: names it, also in `orchestrator resources leases`.
        token: greater than that of every earlier holder, for a check where the work is written.
    """

    id: str
    need: Mapping[str, int]
    token: int


class ResourceManager:
    """Registers, allocates and releases; one is enough for a process."""

    def __init__(self, coordinator: Coordinator | None = None) -> None:
        self._coordinator = coordinator or Coordinator()
        settings = self._coordinator.settings.require_addresses()
        self._door = Door(self._coordinator.ledger, settings.broker_url)
        self._lease_seconds = settings.lease_seconds
        self._session = f"caller:{secrets.token_hex(8)}"
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._beating = threading.Thread(
            target=self._beat, args=(settings.beat_seconds,), name="allocations", daemon=True
        )

    def register_resource(
        self,
        resource_id: str,
        type: ResourceType | str,  # noqa: A002 (the seed's name)
        capacity: int | None = None,
        **more: Any,
    ) -> None:
        """Make a resource known, see `Resource`; `Coordinator.register_resource`."""
        declared = Resource.model_validate(
            {"name": resource_id, "type": type, "capacity": capacity, **more}
        )
        self._coordinator.register_resource(declared)

    def allocate(
        self,
        resource: str | Mapping[str, Amount],
        requester: str,
        amount: Amount = 1,
        *,
        priority: AnyPriority = Priority.NORMAL,
        tenant: str = "",
        timeout: float | None = None,
    ) -> Allocation:
        """Take an amount of a resource, or of several at once, and wait for it.

        Args:
            requester: who asks; part of the allocation's name.
            amount: of a lock `shared` or `exclusive`.
            tenant: on whose behalf, where a resource is shared fairly.
            timeout: seconds to wait; None: not at all.

        Raises:
            PermitUnavailable: it was not free in time.
            ResourceNotFound: nothing has registered it.
            InvalidInput: it is more than there is.
            Unavailable: Redis does not answer, or has to be told first who holds what.
        """
        asked = {resource: amount} if isinstance(resource, str) else dict(resource)
        known = {name: resources.find(self._coordinator.ledger, name) for name in asked}
        need = need_of(asked, {name: found.resource for name, found in known.items()})
        request = Request(
            id=f"{requester} {secrets.token_hex(4)}",
            need=need,
            session=self._session,
            level=Priority.of(priority),
            tenant=tenant,
        )
        with self._door.asking() as permits:
            self._prepare(permits, known)
            self._keep_beating()  # who waits for longer than a lease could not start otherwise
            granted = self._granted(permits, request, timeout)
        return Allocation(request.id, need, granted.token)

    def release(self, allocation_id: str) -> bool:
        """Give an allocation back; say whether it was still held."""
        return self._coordinator.give_back(allocation_id)

    def get_usage(self, resource_id: str) -> Usage | None:
        """Return how much of a resource is used, by whom, and who waits."""
        return self._coordinator.resource(resource_id).usage

    def explain(self, request: str) -> Explanation:
        """Return where a request is, and what it waits for."""
        with self._door.asking() as permits:
            return permits.explain(request)

    def close(self) -> None:
        """Give back all that was allocated here."""
        self._closed.set()
        try:
            with self._door.asking() as permits:
                ended = permits.end_session(self._session)
            for suspect in ended:
                self._coordinator.give_back(suspect.id)
        except Unavailable as error:
            log.warning("allocations are given back when their lease ends: %s", error)

    def __enter__(self) -> Self:
        """Return the manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back all that was allocated here."""
        self.close()

    def _prepare(self, permits: Semaphores, known: Mapping[str, Declared]) -> None:
        permits.beat([self._session], ttl=self._lease_seconds)
        for name, found in known.items():
            try:
                permits.usage(name)
            except UnknownResource:
                permits.register(found.resource, effective=found.effective)

    def _keep_beating(self) -> None:
        with self._starting:
            if not self._beating.is_alive():
                self._beating.start()

    def _granted(self, permits: Semaphores, request: Request, timeout: float | None) -> Granted:
        try:
            if timeout is None:
                answer: Answer = permits.acquire(request, park=False)
            else:
                answer = permits.wait(request, timeout=timeout)
        except PermitUnavailable as error:
            self._coordinator.send_out(error.grants)
            raise
        if not isinstance(answer, Held):
            self._coordinator.send_out(answer.grants)
        if isinstance(answer, Granted):
            return answer
        raise PermitUnavailable(f"{' and '.join(request.need)} cannot be had at once")

    def _beat(self, every: float) -> None:
        while not self._closed.wait(every):
            try:
                with self._door.asking() as permits:
                    permits.beat([self._session], ttl=self._lease_seconds)
            except (SessionEnded, Unavailable) as error:
                log.warning("the lease of allocations is not extended: %s", error)
