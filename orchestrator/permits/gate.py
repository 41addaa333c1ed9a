"""The gate: what a step takes of resources before a worker may have it, and gives back.

    message ──▶ claim: it wants permits ──▶ enter ──▶ granted ──▶ claim ──▶ … ──▶ leave
                                              └─────▶ parked: it holds no worker and no message
    leave ──▶ who waits next is granted ──▶ its message goes out, and names the grant
                                       └──▶ or whoever left goes on with it: it is the heir

For whom there is room Redis says; who may hold it, the ledger: an attempt while it runs, a
scope while its run goes on. What is lost on the way (a process that dies, a Redis that
forgets) maintenance finds.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError

from orchestrator.application import Application
from orchestrator.burst import Burst
from orchestrator.capacity.refusals import SessionEnded, UnknownResource
from orchestrator.capacity.replies import (
    Answer,
    Granted,
    Held,
    Parked,
    Request,
    Start,
    Started,
    State,
)
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.definition.permits import Permits
from orchestrator.errors import Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.claim import Message, Wanting
from orchestrator.ledger.permits import parking, resources
from orchestrator.permits.door import Door
from orchestrator.permits.messages import Publisher, request_of
from orchestrator.permits.requests import RUN, ScopeRequest, StepRequest, need_of, parse
from orchestrator.plan import PlannedStep
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: The session of a run ends when its last scope is given back, not by time.
_RUN_SECONDS = 10 * 365 * 86_400.0

#: What a request may lack is supplied: the lease of its session, and the resources.
_SUPPLIES = 2


@dataclass(frozen=True, slots=True)
class Permit:
    """What an attempt holds.

    Attributes:
        request: of the attempt itself; None where it holds nothing but its run's scopes.
        token: the attempt's, or that of the last scope.
    """

    request: str | None
    token: int


class Gate:
    """Takes permits for the steps of one worker process, and gives them back.

    Args:
        app: publishes the messages of steps that were parked.
        application: declares resources, for who is the first to need one.
    """

    def __init__(
        self, ledger: Ledger, app: Celery, application: Application, settings: Settings
    ) -> None:
        self.plans = Plans(ledger)
        self._ledger = ledger
        self._door = Door(ledger, settings.broker_url)
        self._publisher = Publisher(app, self.plans, self._door)
        self._declared = application.resources
        self._lease_seconds = settings.lease_seconds
        self._known: dict[str, Resource] = {}
        #: what could not be given back, with its token
        self._kept: list[tuple[str, int]] = []

    def confirm(self, message: Message, worker: str) -> Permit | None:
        """Start what a message says was granted; None where it says nothing, or is not so any more.

        Raises:
            Unavailable: Redis does not answer, or has to be told first who holds permits.
        """
        if message.grant is None:
            return None
        request, token = message.grant
        scope = parse(request)
        session = scope.session if isinstance(scope, ScopeRequest) else worker
        with self._door.asking() as permits:
            started = self._start(permits, request, token, session)
        if started.outcome is not Started.STARTED or isinstance(scope, ScopeRequest):
            return None
        return Permit(request, token)

    def enter(self, wanting: Wanting, worker: str) -> Permit | None:
        """Take what a step needs, or park it; None: it is parked, or another copy of it is ahead.

        Raises:
            Unavailable: Redis does not answer, or has to be told first who holds permits.
            InvalidInput: it asks for more than there is.
        """
        planned = self.plans(wanting.version)[wanting.step]
        permit = None
        for request in self._requests(wanting, planned, worker):
            permit = self._take(request, wanting)
            if permit is None:
                return None
        return permit

    def leave(self, permit: Permit | None, heir: Burst | None = None) -> Message | None:
        """Give back what an attempt held, and send out who is next; never raises.

        What cannot be given back now is with the next one, or when this worker's lease ends.

        Returns:
            the message of one who is next, which the heir takes and nobody was sent.
        """
        if permit is not None and permit.request is not None:
            self._kept.append((permit.request, permit.token))
        taken = None
        while self._kept:
            request, token = self._kept[0]
            try:
                reach("gate.leaving")
                taken = self._give_back(request, token, heir if taken is None else None) or taken
                reach("gate.left")
            except (Unavailable, OperationalError) as error:
                log.warning("the permits of %s are kept for now: %s", request, error)
                break
            self._kept.pop(0)
        return taken

    def count_stale(self) -> None:
        """Count an attempt that ended after its step was taken from it; never raises."""
        with suppress(Unavailable), self._door.asking() as permits:
            permits.count_stale()

    def close(self, run_id: str, numbers: Iterable[int]) -> None:
        """Give back scopes of a run; never raises. What is not, maintenance gives back."""
        for number in numbers:
            self.leave(Permit(str(ScopeRequest(run_id, number)), 0))

    def _requests(self, wanting: Wanting, planned: PlannedStep, worker: str) -> Iterator[Request]:
        """Yield what a step asks for, one after the other: the scopes that it begins, its own."""
        for number, scope in planned.opens:
            of_run = ScopeRequest(wanting.run_id, number)
            need = self._need(scope.permits)
            yield request_of(wanting, str(of_run), need, session=of_run.session)
        if planned.step.permits:
            own = StepRequest(wanting.run_id, wanting.step, wanting.attempt)
            need = self._need(planned.step.permits)
            yield request_of(wanting, str(own), need, session=worker)

    def _take(self, request: Request, wanting: Wanting) -> Permit | None:
        scope = isinstance(parse(request.id), ScopeRequest)
        with self._door.asking() as permits:
            answer = self._acquire(permits, request)
            reach("gate.acquired")
            token = self._token_of(permits, answer, request)
        if not isinstance(answer, Held):
            self._publisher.send_out(answer.grants)
        if token is not None:
            return Permit(None if scope else request.id, token)
        if isinstance(answer, Parked):
            parking.park(self._ledger, wanting)
            reach("gate.parked")
        return None

    def _token_of(self, permits: Semaphores, answer: Answer, request: Request) -> int | None:
        """Return the token of what is granted to us; None: it is parked, or another's."""
        if isinstance(answer, Granted):
            return answer.token
        if not isinstance(answer, Held):
            return None
        if answer.state is State.GRANTED:
            # Its message is on the way, and may be too late when it comes, again and again, in a
            # pool whose steps take longer than a grant waits: whichever copy comes may start it.
            started = self._start(permits, request.id, answer.token, request.session)
            return started.token if started.outcome is Started.STARTED else None
        return answer.token if answer.session == request.session else None

    def _start(self, permits: Semaphores, request: str, token: int, session: str) -> Start:
        try:
            return permits.start(request, token, session)
        except SessionEnded:
            self._beat(permits, session)
            return permits.start(request, token, session)

    def _acquire(self, permits: Semaphores, request: Request) -> Answer:
        for _ in range(_SUPPLIES):
            try:
                return permits.acquire(request, park=True)
            except SessionEnded:
                self._beat(permits, request.session)
            except UnknownResource:
                self._register(permits, request.need)
        return permits.acquire(request, park=True)

    def _beat(self, permits: Semaphores, session: str) -> None:
        is_run = session.startswith(RUN)
        permits.beat([session], ttl=_RUN_SECONDS if is_run else self._lease_seconds)

    def _register(self, permits: Semaphores, names: Iterable[str]) -> None:
        for name in names:
            found = resources.find(self._ledger, name)
            changed = permits.register(found.resource, effective=found.effective)
            self._publisher.publish(changed.grants)

    def _need(self, permits: Permits) -> dict[str, int]:
        """Return amounts; what the ledger does not know of yet, we declare."""
        if not self._known.keys() >= permits.keys():
            own = [self._declared[name] for name in permits if name in self._declared]
            resources.declare(self._ledger, own)
            known = resources.known(self._ledger)
            self._known = {name: found.resource for name, found in known.items()}
        return need_of(permits, self._known)

    def _give_back(self, request: str, token: int, heir: Burst | None) -> Message | None:
        with self._door.asking() as permits:
            ended = permits.release(request, token or None)
        if heir is not None:
            return self._publisher.hand_over(ended.grants, heir)
        self._publisher.publish(ended.grants)
        return None
