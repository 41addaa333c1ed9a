"""The life of one attempt, in order: take permits, claim, bind, call, record, give back.

A message leads to an attempt, or to a refusal: its run has ended, another copy was
faster, its permits are not free, or the step is done and only what it sets free is told once
more.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from orchestrator.application import Application
from orchestrator.burst import Burst
from orchestrator.calls import Calls
from orchestrator.capacity.refusals import PermitsClosed
from orchestrator.errors import (
    InDoubt,
    InvalidInput,
    LostRace,
    OrchestratorError,
    ResourceNotFound,
    Unavailable,
)
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger
from orchestrator.ledger.flow import claims, outcomes
from orchestrator.ledger.flow.claim import Claim, Message, Wanting
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.flow.taking import Taker
from orchestrator.ledger.permits import failing, parking
from orchestrator.permits.gate import Gate, Permit
from orchestrator.plan import PlannedStep
from orchestrator.settings import Settings
from orchestrator.states import StepState
from orchestrator.workflow import Step

log = logging.getLogger(__name__)

#: How long a finished attempt tries to be written down before its process gives up.
_RECORD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a message.

    Attributes:
        progress: what is to be told to Celery; None: nothing was done for this message.
        error: what the attempt raised, for Celery and Flower to show.
        following: the message of a step to go on with here, which nobody was sent: it has got what
            this one gave back, or this one has set it free.
    """

    progress: Progress | None = None
    error: Exception | None = None
    following: Message | None = None


class Executor:
    """Runs attempts in one worker process.

    Args:
        enter: enters this process in the ledger, under the id it returns.
        gate: where steps take their permits.
    """

    def __init__(
        self,
        ledger: Ledger,
        application: Application,
        settings: Settings,
        enter: Callable[[], str],
        gate: Gate,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._enter = enter
        self._gate = gate
        self._worker = enter()
        self.plans = gate.plans
        self._calls = Calls(ledger, application, settings, self.plans)

    def execute(self, message: Message, burst: Burst | None = None) -> Execution:
        """Follow a message.

        Args:
            burst: says whether another step may be taken with the end of this one.

        Raises:
            Unavailable: the ledger does not answer; maintenance sends the message again.
            SystemExit: what the ledger knows of the attempt is not known here, so this process
                must end: its lease ends with it, and the step is tried again.
        """
        reach("executor.claiming")
        try:
            claimed, permit = self._admit(message)
            if claimed is Refusal.STRANGER:
                # This machine slept, or the ledger was away for longer than a lease: what is
                # taken under the old id would be lost to maintenance at once.
                self._gate.leave(permit)
                self._worker = self._enter()
                claimed, permit = self._admit(message)
        except (InvalidInput, ResourceNotFound) as error:
            return Execution(self._fail(message, error), error)
        if isinstance(claimed, Refusal):
            self._gate.leave(permit)
            return self._refuse(message, claimed)
        with _or_end(f"step {message.step!r}"):
            reach("executor.claimed")
            heir = None
            try:
                done = self._do(claimed, burst)
                heir = _going_on(done, burst)
            finally:
                # Whatever ends the attempt; after its end is written, for the next may start now.
                inherited = self._gate.leave(permit, heir)
            return replace(done, following=inherited) if inherited else self._keep_one(done, heir)

    def go_on(self, claimed: Claim, burst: Burst | None) -> Execution:
        """Do a step that is taken.

        Raises:
            SystemExit: as above.
        """
        with _or_end(f"step {claimed.step!r}"):
            done = self._do(claimed, burst)
            return self._keep_one(done, _going_on(done, burst))

    def _do(self, claimed: Claim, burst: Burst | None) -> Execution:
        planned = self.plans(claimed.version)[claimed.step]
        ended, error = self._calls.attempt(claimed, planned.step)
        if isinstance(ended, Outcome):
            progress = self._record(claimed, ended, burst)
            reach("executor.recorded")
            if progress is not None and ended.state is not StepState.WAITING:
                self._close_scopes(planned, progress)
            return Execution(progress, error)
        if ended.lost is not None:
            # Nor can it be recorded again: what it did is not to be done again.
            raise SystemExit(f"step {claimed.step!r} may be done: {ended.lost}")
        if ended.progress is not None:
            self._close_scopes(planned, ended.progress)
        return Execution(ended.progress)

    def _close_scopes(self, planned: PlannedStep, progress: Progress) -> None:
        """Give back the scopes that end with a step, or with its run."""
        numbers = [number for number, _ in planned.closes]
        if progress.run_state is not None:
            numbers = list(range(len(self.plans(progress.version).scopes)))
        self._gate.close(progress.run_id, numbers)

    def _admit(self, message: Message) -> tuple[Claim | Refusal, Permit | None]:
        """Take the step, with its permits where it needs some."""
        try:
            permit = self._gate.confirm(message, self._worker)
            claimed = self._claim(message, permit)
            if isinstance(claimed, Wanting):
                permit = self._gate.enter(claimed, self._worker)
                if permit is None:
                    return Refusal.PARKED, None
                claimed = self._claim(message, permit)
        except PermitsClosed as error:
            log.info("%s: %s", message, error)
            claimed, permit = Refusal.REVOKED, None
        if claimed is Refusal.REVOKED:
            # Its message is used up: the outbox has it until maintenance has opened the permits.
            parking.put_back(self._ledger, message.run_id, message.step)
        if isinstance(claimed, Wanting):  # its permits were taken from it meanwhile
            return Refusal.DUPLICATE, permit
        return claimed, permit

    def _fail(self, message: Message, error: Exception) -> Progress | None:
        """Fail a step whose permits it can never have."""
        failure = Failure(type(error).__name__, str(error))
        return failing.fail(self._ledger, message.run_id, message.step, self.plans, failure)

    def _claim(self, message: Message, permit: Permit | None) -> Claim | Wanting | Refusal:
        try:
            return claims.claim(
                self._ledger,
                message,
                self._worker,
                self.plans,
                max_losses=self._settings.max_losses,
                permit=None if permit is None else permit.token,
                unmet=self._unmet,
            )
        except Exception as error:
            if isinstance(error, OrchestratorError) and not isinstance(error, InDoubt):
                raise
            # A step that was taken without our knowing would run for as long as we live.
            raise SystemExit(f"step {message.step!r} may have been taken: {error}") from error

    def _unmet(
        self, version: str, step: Step, run_input: str, results: Mapping[str, str]
    ) -> str | None:
        try:
            return self._calls.unmet(version, step, run_input, results)
        except Exception as error:  # whatever it is, the attempt meets it again, and fails by it
            log.info("the condition of step %r is left to its attempt: %s", step.name, error)
            return None

    def _refuse(self, message: Message, refusal: Refusal) -> Execution:
        log.info("%s: %s", message, refusal.name)
        if refusal is not Refusal.DONE:
            return Execution()
        plan = self.plans.of_run(message.run_id)
        told = outcomes.propagation(self._ledger, message.run_id, message.step, plan)
        return Execution(told)

    def _record(self, claim: Claim, outcome: Outcome, burst: Burst | None) -> Progress | None:
        taker = self._taker(claim, outcome, burst)
        doubt: InDoubt | None = None
        last = time.monotonic() + _RECORD_SECONDS
        pause = 0.1
        while True:
            try:
                return outcomes.record(self._ledger, claim, outcome, self.plans, taker)
            except LostRace as late:
                if taker is not None and doubt is not None:
                    # It was written, and a step that was taken without our knowing would run for
                    # as long as we live.
                    raise SystemExit(f"another step may have been taken: {doubt}") from late
                log.warning("%s", late)
                self._gate.count_stale()
                return None
            except Exception as error:
                if not isinstance(error, Unavailable) or time.monotonic() > last:
                    # A step that nobody reports on would run for ever in the ledger.
                    raise SystemExit(f"step {claim.step!r} is done, but {error}") from error
                doubt = error if isinstance(error, InDoubt) else doubt
            time.sleep(pause)
            pause = min(2.0, pause * 2)

    def _taker(self, claim: Claim, outcome: Outcome, burst: Burst | None) -> Taker | None:
        """Return as what this process would take another step; None: it takes none."""
        if burst is None or self.plans(claim.version).is_last(claim.step) or not burst.goes_on():
            return None
        return Taker(claim, burst.pool, burst.priority, outcome.result)

    def _keep_one(self, done: Execution, burst: Burst | None) -> Execution:
        """Take one of the steps that were set free from those to be published, to go on with it.

        It needs permits or undoes something, or it would have been taken with the end of the step
        before. Should this process die with it, maintenance finds that nobody has its message.
        """
        progress = done.progress
        if burst is None or progress is None or done.error is not None:
            return done
        plan = self.plans(progress.version)
        for hop in progress.hops:
            message = Message(progress.run_id, hop.step, hop.attempt, hop.level)
            if burst.takes(plan[hop.step], message):
                others = tuple(other for other in progress.hops if other is not hop)
                return replace(done, progress=replace(progress, hops=others), following=message)
        return done


@contextmanager
def _or_end(which: str) -> Iterator[None]:
    """End this process if what it does with a step that it has taken ends unexpectedly.

    The ledger knows it, or the one that it has taken next, as at work for as long as we live.
    """
    try:
        yield
    except Exception as error:
        raise SystemExit(f"{which} ended in a way that nobody foresaw: {error!r}") from error


def _going_on(done: Execution, burst: Burst | None) -> Burst | None:
    """Return the burst that would take another step; None: there is none, or it has taken one."""
    return burst if done.progress is not None and done.progress.taken is None else None
