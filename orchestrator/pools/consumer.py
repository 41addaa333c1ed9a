"""The consumer of a pool: it hands on a message whose task it does not know.

Celery deletes such a message and says that the task failed. While new code is deployed
that would cost a step seconds, until maintenance finds its message gone, each time an
old worker is faster than a new one.

And what it tells of its tasks it tells a moment later, together. Celery tells each piece of
it at once, so a message that has come waits for the broker's answer to the news that it came.
"""

import logging
import time
from functools import partial
from typing import Any, cast

from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.common import ignore_errors

log = logging.getLogger(__name__)

#: A message is kept for so long before it goes back to its queue: one that only we are
#: free to take would otherwise go round and round as fast as the broker can.
_KEPT_SECONDS = 0.3

#: For so long events are gathered before they are sent.
_GATHERED_SECONDS = 0.1


class Consumer(CeleryConsumer):
    """Takes messages for a pool."""

    # Celery's; its stubs do not name them.
    connection_errors: Any
    hub: Any
    _flush_events: Any

    _gathers_until = 0.0

    def on_send_event_buffered(self) -> None:  # type: ignore[override]  # the stubs have it wrong
        """Send the events of a moment in one go."""
        now = time.monotonic()
        # By the time, and not by a timer that is kept: Celery drops its timers with a connection.
        if self.hub is not None and now >= self._gathers_until:
            self._gathers_until = now + _GATHERED_SECONDS
            self.hub.call_later(_GATHERED_SECONDS, self._flush_events)

    def shutdown(self) -> None:
        """Send what is gathered, and end."""
        ignore_errors(cast("Any", self), self._flush_events)
        super().shutdown()

    def on_unknown_task(self, body: Any, message: Any, exc: Any) -> None:  # noqa: ARG002 - Celery's
        """Leave a message to a worker that knows its task, or else to maintenance."""
        task = message.headers.get("task", "")
        pool: Any = self.app
        back = partial(message.reject_log_error, log, self.connection_errors)
        if not pool.beat.knowledge.may_start(pool.domain, task):
            # Its step stays queued, and maintenance sends it again once somebody knows it.
            log.warning("no worker of pool %r knows task %r: its step waits", pool.domain, task)
            back()
        elif self.hub is None:
            back(requeue=True)
        else:
            self.hub.call_later(_KEPT_SECONDS, partial(back, requeue=True))
