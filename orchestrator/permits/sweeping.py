"""What time brings to permits: grants of quotas, holders that fell silent, a Redis that forgot.

No permit is freed before the ledger has fenced its holder out: an attempt that only slept
finds, when it wants to write what it did, that it is lost. So what Redis takes for dead is
first looked up here.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator.capacity.refusals import Closed, PermitsClosed
from orchestrator.capacity.replies import State, Suspect
from orchestrator.capacity.resources import Resource
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.outcome import Failure
from orchestrator.ledger.permits import epochs, failing, holding, resources, scopes
from orchestrator.permits.comparing import Comparison
from orchestrator.permits.door import Door, connect
from orchestrator.permits.messages import Publisher
from orchestrator.permits.rebuilding import Rebuilder
from orchestrator.permits.requests import ScopeRequest, StepRequest, parse
from orchestrator.progression import Progression
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: A quota is looked after no more often than this.
_SHORTEST_SECONDS = 0.005

#: The resources are told to Redis, and what it says is compared with the ledger, so often.
_COMPARE_SECONDS = 5.0

T = TypeVar("T")


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
        self._comparison = Comparison(ledger, plans, self._door, self._publisher)
        self._is_declared = False
        self._compared = float("-inf")
        self._refused: Closed | None = None

    def run(self, stop: threading.Event) -> None:
        """Sweep until `stop` is set: as soon as a quota comes again, and at each tick."""
        wait = 0.0
        while not stop.wait(wait):
            # An application that cannot be loaded declares nothing, and holds nothing up.
            self._guard(self._compare_now_and_then)
            wait = self._settings.tick_seconds
            due = self._guard(self.sweep)
            if due is not None:
                wait = max(_SHORTEST_SECONDS, min(wait, due))
        self._door.shut()

    def declare(self) -> None:
        """Write what the application declares: once, or an older maintenance would undo a newer."""
        if not self._is_declared:
            resources.declare(self._ledger, self._declared().values(), renew=True)
            self._is_declared = True

    def sweep(self) -> float | None:
        """Do what is to be done now; return the seconds until a quota comes again, if one does."""
        if epochs.current(self._ledger) is None and not resources.known(self._ledger):
            return None  # nothing here takes permits
        try:
            with self._door.asking() as permits:
                found = permits.sweep()
        except PermitsClosed as error:
            self._open_anew(error.why)
            return 0.0
        self._refused = None
        self._publisher.publish((*found.grants, *found.republish))
        self._settle(found.suspects)
        for name in found.unsatisfiable:
            self._fail(name)
        return found.wake_after

    def compare(self) -> None:
        """Tell Redis of each resource, and hold what it says of permits against the ledger."""
        for found in resources.known(self._ledger).values():
            with self._door.asking() as permits:
                # Of one that it knows so, that changes nothing.
                changed = permits.register(found.resource, effective=found.effective)
            self._publisher.publish(changed.grants)
        self._comparison.compare()

    def _compare_now_and_then(self) -> None:
        if time.monotonic() - self._compared < _COMPARE_SECONDS:
            return
        self._compared = time.monotonic()
        self.declare()
        if epochs.current(self._ledger) is not None:
            self.compare()

    def _guard(self, move: Callable[[], T]) -> T | None:
        try:
            return move()
        except (OperationalError, RedisError, Unavailable) as error:
            log.warning("permits wait: %s", error)
        except Exception:  # the next round may do better, and nobody else would do it
            log.exception("the permits could not be looked after")
        return None

    def _settle(self, suspects: Iterable[Suspect]) -> None:
        over: list[Suspect] = []
        for suspect in suspects:
            request = parse(suspect.id)
            if not isinstance(request, StepRequest):
                if request is None or not self._may_be_held(request):
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

    def _may_be_held(self, scope: ScopeRequest) -> bool:
        return scopes.may_be_held(self._ledger, self._plans, scope.place)

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

    def _fail(self, name: str) -> None:
        """Fail a step that waits for more than there is, since that was lowered."""
        with self._door.asking() as permits:
            withdrawn = permits.cancel(name)
        self._publisher.publish(withdrawn.grants)
        request = parse(name)
        if isinstance(request, StepRequest):
            sentence = f"step {request.step!r} asks for more than there is since it was lowered"
            failure = Failure("InvalidAmount", sentence)
            told = failing.fail(self._ledger, request.run_id, request.step, self._plans, failure)
            if told is not None:
                self._progression.carry_out(told)

    def _open_anew(self, why: Closed) -> None:
        """Rebuild what Redis does not know; one of another epoch is asked once more before."""
        twice, self._refused = self._refused is why, why
        if why is Closed.EPOCH and not twice:
            return
        with connect(self._settings.broker_url) as client:
            self._rebuilder.rebuild(client, force=why in (Closed.NO_STATE, Closed.ROLLBACK))
