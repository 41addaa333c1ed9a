"""What time brings to permits: grants of quotas, holders that fell silent, a Redis that forgot.

No permit is freed before the ledger has fenced its holder out: an attempt that only slept
finds, when it wants to write what it did, that it is lost. So what Redis takes for dead is
first looked up here.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator.capacity.refusals import Closed, PermitsClosed
from orchestrator.capacity.replies import State, Suspect, Swept
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.errors import LostRace, Unavailable
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.outcome import Failure
from orchestrator.ledger.permits import epochs, failing, holding, parking, resources, scopes
from orchestrator.permits.door import Door, connect
from orchestrator.permits.messages import Publisher
from orchestrator.permits.rebuilding import Rebuilder
from orchestrator.permits.requests import ScopeRequest, StepRequest, parse
from orchestrator.progression import Progression
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: A quota is looked after no more often than this.
_SHORTEST_SECONDS = 0.005

#: What Redis and the ledger say of each other is compared so often.
_COMPARE_SECONDS = 5.0

#: So many parked steps are looked up at a time.
_PARKED_AT_ONCE = 200


class PermitSweeper:
    """Looks after the permits; any number of them may.

    Args:
        declared: what the application declares.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        app: Celery,
        plans: Plans,
        progression: Progression,
        *,
        declared: Callable[[], Mapping[str, Resource]],
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._plans = plans
        self._progression = progression
        self._declared = declared
        self._door = Door(ledger, settings.broker_url)
        self._publisher = Publisher(app, plans, self._door)
        self._rebuilder = Rebuilder(ledger, plans, lease_seconds=settings.lease_seconds)
        self._compared = float("-inf")
        self._over: set[str] = set()
        self._looked_at: tuple[str, str] | None = None
        self._refused: Closed | None = None

    def run(self, stop: threading.Event) -> None:
        """Sweep until `stop` is set: as soon as a quota comes again, and at each tick."""
        is_declared = False
        wait = 0.0
        while not stop.wait(wait):
            wait = self._settings.tick_seconds
            try:
                if not is_declared:
                    self.declare()
                    is_declared = True
                wait = max(_SHORTEST_SECONDS, min(wait, self.sweep()))
            except (OperationalError, RedisError, Unavailable) as error:
                log.warning("permits wait: %s", error)
            except Exception:  # the next round may do better, and nobody else would do it
                log.exception("the permits could not be looked after")
        self._door.shut()

    def declare(self) -> None:
        """Write what the application declares, and tell Redis what has changed."""
        resources.declare(self._ledger, self._declared().values(), renew=True)
        if epochs.current(self._ledger) is not None:
            try:
                self._register()
            except PermitsClosed as error:
                log.info("%s", error)  # a rebuild tells Redis of all of them

    def _register(self) -> None:
        """Tell Redis of each resource; of one that it knows so, that changes nothing."""
        for found in resources.known(self._ledger).values():
            own = None if found.override is None else found.override.capacity
            with self._door.asking() as permits:
                changed = permits.register(found.resource, effective=own)
            self._publisher.publish(changed.grants)

    def sweep(self) -> float:
        """Do what is to be done now; return the seconds until something is again."""
        if epochs.current(self._ledger) is None and not resources.known(self._ledger):
            return self._settings.tick_seconds  # nothing here takes permits
        try:
            with self._door.asking() as permits:
                found = permits.sweep()
        except PermitsClosed as error:
            self._open_anew(error.why)
            return 0.0
        self._refused = None
        self._publisher.publish((*found.grants, *found.republish))
        self._settle(found.suspects)
        self._fail(found)
        if time.monotonic() - self._compared > _COMPARE_SECONDS:
            self.compare()
            self._compared = time.monotonic()
        return self._settings.tick_seconds if found.wake_after is None else found.wake_after

    def compare(self) -> None:
        """Free what nobody holds any more by the ledger, and send what no line has.

        A worker that cannot reach Redis when its step is done keeps its permits otherwise for
        as long as it lives, and one that dies between two writes leaves a step in no line.
        """
        self._register()
        with self._door.asking() as permits:
            held = [lease.id for lease in permits.leases() if lease.state is State.RUNNING]
            over = {name for name in held if not self._is_held(name)}
            # One that was so a moment ago may be about to be claimed.
            for name in over & self._over:
                log.warning("%s held permits though it has ended", name)
                self._publisher.publish(permits.release(name).grants)
            self._over = over - self._over
            self._compare_parked(permits)

    def _compare_parked(self, permits: Semaphores) -> None:
        """Look at a part of the parked steps, and at the next with the next round."""
        part = parking.parked(self._ledger, after=self._looked_at, limit=_PARKED_AT_ONCE)
        for wanting in part:
            own = StepRequest(wanting.run_id, wanting.step, wanting.attempt)
            scopes_too = self._plans(wanting.version)[wanting.step].opens
            if not scopes_too and permits.explain(str(own)).state is State.UNKNOWN:
                log.warning("%s was in no line, and asks again", own)
                parking.put_back(self._ledger, wanting.run_id, wanting.step)
        self._looked_at = (part[-1].run_id, part[-1].step) if part else None

    def _is_held(self, name: str) -> bool:
        request = parse(name)
        if isinstance(request, ScopeRequest):
            return self._is_open(request)
        if request is None:
            return True  # somebody outside, whose session says how long
        held = holding.of_step(self._ledger, request.run_id, request.step)
        return held is not None and held.attempt == request.attempt

    def _is_open(self, request: ScopeRequest) -> bool:
        try:
            plan = self._plans.of_run(request.run_id)
        except LookupError:
            return False  # the run was pruned
        return request.number in scopes.open_of(self._ledger, request.run_id, plan.scopes)

    def _settle(self, suspects: Iterable[Suspect]) -> None:
        over: list[Suspect] = []
        for suspect in suspects:
            request = parse(suspect.id)
            if not isinstance(request, StepRequest):
                if request is None or not self._is_open(request):
                    over.append(suspect)
                continue
            held = holding.of_step(self._ledger, request.run_id, request.step)
            if held is None or held.attempt != request.attempt:
                over.append(suspect)
            elif suspect.state is State.OVERDUE:
                log.warning("%s holds permits for longer than it may", suspect.id)
                holding.stop(self._ledger, held)
            elif held.is_alive and held.worker == suspect.session:
                with self._door.asking() as permits:
                    permits.beat([suspect.session], ttl=self._settings.lease_seconds)
            # Otherwise maintenance is about to take the step from it, and it comes up again.
        self._reclaim(over)

    def _reclaim(self, over: list[Suspect]) -> None:
        """Free what the ledger has taken from its holder; some only if that is known to be dead."""
        if not over:
            return
        # A parent knows only the workers of its own: of a run or a caller outside nobody does.
        steps = {each.session for each in over if isinstance(parse(each.id), StepRequest)}
        dead = workers.struck_off(self._ledger, steps)
        for is_dead in (False, True):
            names = [suspect.id for suspect in over if (suspect.session in dead) is is_dead]
            if names:
                with self._door.asking() as permits:
                    freed = permits.reclaim(names, confirmed=is_dead)
                self._publisher.publish(freed.grants)

    def _fail(self, found: Swept) -> None:
        for name in found.unsatisfiable:
            request = parse(name)
            with self._door.asking() as permits:
                permits.cancel(name)
            if isinstance(request, StepRequest):
                sentence = f"step {request.step!r} asks for more than there is since it was lowered"
                self._fail_step(request, Failure("InvalidAmount", sentence))

    def _fail_step(self, request: StepRequest, failure: Failure) -> None:
        try:
            told = failing.fail(self._ledger, request.run_id, request.step, self._plans, failure)
        except LostRace:
            return
        if told is not None:
            self._progression.carry_out(told)

    def _open_anew(self, why: Closed) -> None:
        """Rebuild what Redis does not know; one that knows a later epoch is asked once more."""
        twice, self._refused = self._refused is why, why
        if why is Closed.EPOCH and not twice:
            return
        with connect(self._settings.broker_url) as client:
            self._rebuilder.rebuild(client, force=why in (Closed.NO_STATE, Closed.ROLLBACK))
