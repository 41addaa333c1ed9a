"""What a process of a pool does for one message: its step, and those that follow in a burst.

What the message's own step sets free is sent by Celery's tracer, as a chain and a chord,
once the task has returned; in a burst it is sent at once, as if by a producer.
"""

import time
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from orchestrator import canvas
from orchestrator.broker.queues import Queues
from orchestrator.burst import Burst
from orchestrator.errors import Unavailable
from orchestrator.executor import Execution, Executor
from orchestrator.failpoints import reach
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.progress import Progress
from orchestrator.message_id import MessageId
from orchestrator.pools.owed_parts import OwedParts
from orchestrator.pools.step_events import StepEvents
from orchestrator.progression import Progression, left_to_maintenance
from orchestrator.states import broker_level


class Attempts:
    """Follows messages in one process of a pool.

    Args:
        app: of the pool.
        bursts: whether a process goes on with what its step sets free.
    """

    def __init__(
        self,
        app: Any,
        executor: Executor,
        progression: Progression,
        queues: Queues,
        *,
        bursts: bool,
    ) -> None:
        self._app = app
        self._executor = executor
        self._progression = progression
        self._queues = queues
        self._bursts = bursts

    def follow(self, message: Message, request: Any) -> bool:
        """Do the step that a message names, and others after it; say whether there was one to do.

        Args:
            request: Celery's, which sends what the step sets free.

        Raises:
            Exception: what the step of the message raised.
        """
        burst = self._burst(message, request)
        done = self._executor.execute(message, burst)
        if done.progress is None:
            return False
        if done.progress.taken is None and done.following is None:
            plan = self._executor.plans(done.progress.version)
            failed = done.error is not None
            canvas.propagate(self._app, request, done.progress, plan, failed=failed)
            with _follow_up(done.progress):
                self._progression.follow_up(done.progress)
        else:
            with (
                OwedParts(self._app, self._executor.plans) as owed,
                StepEvents(self._app, request) as events,
            ):
                self._go_on(done, burst, owed, events)
        reach("pool.handing_over")
        if done.error is not None:
            raise done.error
        return True

    def _go_on(
        self, done: Execution, burst: Burst | None, owed: OwedParts, events: StepEvents
    ) -> None:
        """Follow up what was done, and do all that comes of it in the burst."""
        while done.progress is not None:
            with _follow_up(done.progress):
                self._progression.carry_out(owed.settle(done.progress))
            began = time.time()
            attempt = done.progress.taken or done.following
            if isinstance(attempt, Claim):
                done = self._executor.go_on(attempt, burst)
            elif attempt is not None:
                done = self._follow(attempt, burst)
            else:
                return
            if done.progress is not None:
                step = self._executor.plans(done.progress.version)[attempt.step].step
                events.add(attempt, step.task, began, done)

    def _follow(self, message: Message, burst: Burst | None) -> Execution:
        """Follow a message that nobody was sent."""
        with left_to_maintenance(f"maintenance sends the message of step {message.step!r}"):
            return self._executor.execute(message, burst)
        return Execution()

    def _burst(self, message: Message, request: Any) -> Burst | None:
        """Return how a process goes on after a message; None: it does not.

        Celery ends the process when the message has taken too long, whatever it does by then.
        """
        if not self._bursts or message.level is None or any(request.timelimit or ()):
            return None
        priority = message.level // 2
        pool = self._app.domain
        level = broker_level(priority)
        return Burst(
            pool,
            priority,
            is_outranked=partial(self._queues.is_outranked, pool, level),
            is_awaited=partial(self._is_awaited, level, message.run_id),
        )

    def _is_awaited(self, level: int, run_id: str) -> bool:
        """Say whether a message waits for a process of the pool.

        Those of the run's own crowds do not: which of steps that are alike is next is the same.
        """
        ids = self._queues.few(self._app.domain, level)
        if not ids:
            return ids is None
        try:
            plan = self._executor.plans.of_run(run_id)
        except Unavailable:  # a step has just been done, and this must not lose how it ended
            return True
        for each in map(MessageId.read, ids):
            planned = plan.steps.get(each.step)
            if each.run_id != run_id or planned is None or not planned.in_crowd:
                return True
        return False


def _follow_up(progress: Progress) -> AbstractContextManager[None]:
    # An error raised here would keep Celery from sending what the step has set free.
    return left_to_maintenance(f"maintenance follows up a step of run {progress.run_id}")
