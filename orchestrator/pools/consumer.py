"""The consumer of a pool: it hands on a message whose task it does not know.

Celery deletes such a message and says that the task failed. While new code is deployed
that would cost a step seconds, until maintenance finds its message gone, each time an
old worker is faster than a new one.
"""

import logging
from functools import partial
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer

log = logging.getLogger(__name__)

#: A message is kept for so long before it goes back to its queue: one that only we are
#: free to take would otherwise go round and round as fast as the broker can.
_KEPT_SECONDS = 0.3


class Consumer(CeleryConsumer):
    """Takes messages for a pool."""

    connection_errors: Any  #: set by Celery, as is the hub; its stubs name neither
    hub: Any

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
