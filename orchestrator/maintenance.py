"""What keeps runs going when something was lost; any number of processes may do it.

Every move is one that two may make at once: a message sent twice is followed once, and
each change of the ledger names the state it expects.
"""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TypeVar

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator import clock
from orchestrator.application import Application
from orchestrator.broker.celery_app import producer_app
from orchestrator.dispatcher import Dispatcher
from orchestrator.errors import LostRace, StepTimedOut, Unavailable, WorkersLost
from orchestrator.ledger import Ledger, outbox, workers
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import children, endings, outcomes, overdue, rescue
from orchestrator.ledger.flow.rescue import Silent
from orchestrator.ledger.sessions import admission
from orchestrator.ledger.upkeep import pruning, unstarted
from orchestrator.ledger.verbs import paused_runs
from orchestrator.ledger.waiting import deadlines, reports
from orchestrator.listening.webhook_sender import WebhookSender
from orchestrator.permits.sweeping import PermitSweeper
from orchestrator.pools.beat import touch
from orchestrator.progression import Progression
from orchestrator.retries import outcome_of
from orchestrator.settings import Settings
from orchestrator.upkeep import scheduling
from orchestrator.upkeep.backlogs import Backlogs

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A step that is ready for so long was forgotten by whoever made it so.
_READY_SECONDS = 1.0

#: The last part of a wide join's chord may be on its way for so long. Where it comes later, the
#: join has two messages, and the second is dropped.
_JOIN_SECONDS = 1.0

#: What nobody keeps any more is deleted so often.
_PRUNE_SECONDS = 3600.0

#: Celery ends a process at its hard limit; the ledger declares it so much later.
_OVERDUE_SECONDS = 0.2


class Maintenance:
    """The repairs, each a method that may be called at any time."""

    def __init__(self, settings: Settings, application: Application | None = None) -> None:
        self._given = application
        self._settings = settings.require_addresses()
        self._ledger = Ledger(settings.ledger_url)
        self._plans = Plans(self._ledger)
        self._app = producer_app(settings)
        self._dispatcher = Dispatcher(self._ledger, self._app, self._plans)
        self._backlogs = Backlogs(self._ledger, settings, self._plans, self._dispatcher)
        self._progression = Progression(
            self._ledger, self._app, self._plans, lambda: self.application
        )
        self._permits = PermitSweeper(
            settings,
            self._ledger,
            self._app,
            self._plans,
            self._progression,
            declared=lambda: self.application.resources,
        )

    @cached_property
    def application(self) -> Application:
        """What the packages define; loaded when it is first needed."""
        return self._given or Application.load(self._settings)

    def run(self, stop: threading.Event) -> None:
        """Tick and sweep until `stop` is set; webhooks and permits have threads of their own."""
        # A quota comes again at its own time, and not at the next tick.
        beside = (WebhookSender.of(self._settings, self._ledger).run, self._permits.run)
        with ThreadPoolExecutor(len(beside), thread_name_prefix="maintenance") as pool:
            ended = [pool.submit(_to_the_end, each, stop) for each in beside]
            _to_the_end(self._go_round, stop)
        for each in ended:
            each.result()  # what ended one of them is told

    def close(self) -> None:
        """Close its connections to the ledger."""
        self._ledger.close()

    def tick(self) -> None:
        """Wake what is due, end what is overdue, and let the steps of sessions start."""
        ledger, go_on = self._ledger, self._progression
        self._guard(self._wake)
        self._guard(self._backlogs.feed_idle_pools)
        # Where the ledger's clock was set, leases are those of workers that beat before.
        if not clock.was_set_within(self._settings.lease_seconds):
            self._each(partial(rescue.silent, ledger, grace=_OVERDUE_SECONDS), self._end)
        self._each(partial(overdue.overdue, ledger), self._expire)
        self._each(partial(deadlines.due, ledger), lambda due: go_on.meet(*due))
        self._each(partial(admission.waiting, ledger), go_on.admit)
        self._guard(go_on.take_turns)
        self._each(partial(scheduling.tick, ledger, lambda: self.application), go_on.begin)

    def sweep(self) -> None:
        """Look for what was lost: messages, joins, endings."""
        ledger, go_on = self._ledger, self._progression
        self._each(partial(outbox.wide_joins, ledger), self._release_join)
        for repair in (
            self._backlogs.send_ready,
            self._backlogs.send_lost,
            self._backlogs.raise_aged,
        ):
            self._guard(repair)
        self._each(
            partial(unstarted.unstarted, ledger),
            lambda late: self._backlogs.fail_unstarted(go_on, *late),
        )
        # First those that nobody waits for: a step that is begun anew would seem to wait for them.
        self._each(partial(children.orphans, ledger), go_on.cancel_orphan)
        unopened = partial(outbox.unopened, ledger, age=_READY_SECONDS)
        self._each(unopened, lambda opening: go_on.open(*opening))
        self._each(partial(children.unheard, ledger), lambda hearing: go_on.hear(*hearing))
        self._each(partial(endings.unsettled, ledger), go_on.settle)
        self._guard(self._follow_workflows)
        self._each(partial(reports.expired, ledger), partial(reports.expire, ledger))
        self._guard(partial(workers.forget, ledger, older_than=dt.timedelta(hours=1)))

    def _wake(self) -> None:
        self._dispatcher.dispatch(outbox.wake(self._ledger))

    def _release_join(self, join: tuple[str, str, str]) -> None:
        run_id, version, step = join
        after = self._plans(version).steps[step].after
        if outbox.release_join(self._ledger, run_id, step, after, idle=_JOIN_SECONDS):
            self._dispatcher.dispatch(outbox.ready(self._ledger, run_id=run_id))

    def _follow_workflows(self) -> None:
        """Pause and resume runs whose workflow was, where whoever did it came no further."""
        reason = "their workflow was resumed"
        for told in paused_runs.follow_workflows(self._ledger, by="maintenance", reason=reason):
            self._guard(partial(self._progression.carry_out, told))

    def prune(self) -> None:
        """Delete what the settings do not keep."""
        policy = pruning.Policy(self._settings.keep_succeeded, self._settings.keep_failed)
        pruning.prune(self._ledger, policy, by="maintenance")

    def _end(self, attempt: Silent) -> None:
        end = self._give_up if self._is_final(attempt) else self._give_back
        end(attempt)

    def _is_final(self, attempt: Silent) -> bool:
        return attempt.overdue or attempt.losses + 1 >= self._settings.max_losses

    def _give_back(self, attempt: Silent) -> None:
        run_id = attempt.held.run_id
        if rescue.give_back(self._ledger, attempt):
            self._dispatcher.dispatch(outbox.ready(self._ledger, run_id=run_id))
            self._progression.settle(run_id)

    def _give_up(self, attempt: Silent) -> None:
        """Record that an attempt failed by its deadline, or a step by losing its workers."""
        held = attempt.held
        step = self._plans(held.version)[held.step].step
        if attempt.overdue:
            error: Exception = StepTimedOut(
                f"step {held.step!r} ran longer than its {step.timeout and step.timeout.hard} s, "
                "and its process was ended"
            )
        else:
            error = WorkersLost(
                f"step {held.step!r} lost its worker {attempt.losses + 1} times: it may be what "
                "ends them"
            )
        try:
            outcome = outcome_of(error, step, held.failures + 1)
            progress = outcomes.record(self._ledger, held, outcome, self._plans)
        except LostRace:
            return
        self._progression.carry_out(progress)

    def _expire(self, late: tuple[str, str]) -> None:
        """Fail a run that takes longer than its workflow allows."""
        run_id, version = late
        limit = self._plans.workflow(version).timeout or 0.0
        self._progression.carry_out(overdue.expire(self._ledger, run_id, seconds=limit))

    def _each(self, find: Callable[[], Iterable[T]], repair: Callable[[T], object]) -> None:
        """Repair each of what is found; what one of them meets holds up none of the others."""

        def repair_all() -> None:
            for found in find():
                self._guard(partial(repair, found))

        self._guard(repair_all)

    def _go_round(self, stop: threading.Event) -> None:
        swept = pruned = -_PRUNE_SECONDS
        while not stop.wait(self._settings.tick_seconds):
            self._guard(self.tick)
            if time.monotonic() - swept > self._settings.sweep_seconds:
                self._guard(self.sweep)
                swept = time.monotonic()
            if time.monotonic() - pruned > _PRUNE_SECONDS:
                self._guard(self.prune)
                pruned = time.monotonic()
            touch(self._settings.beat_file)

    def _guard(self, repair: Callable[[], object]) -> None:
        try:
            repair()
        except (OperationalError, RedisError, Unavailable) as error:
            log.warning("maintenance waits: %s", error)
        except Exception:  # the next round may do better, and nobody else would do it
            log.exception("maintenance failed")


def _to_the_end(part: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """Do one part, and let the others end with it.

    Else a process of which a part has ended by an error would live on, and not do all it should.
    """
    try:
        part(stop)
    finally:
        stop.set()
