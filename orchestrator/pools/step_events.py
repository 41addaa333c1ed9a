"""What Flower is told of the steps of a burst: as of those that came with a message."""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Self

from kombu.utils.encoding import safe_repr

from orchestrator.executor import Execution
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.message_id import MessageId

log = logging.getLogger(__name__)


@dataclass
class StepEvents:
    """The events of one burst, sent in one message at its end.

    Attributes:
        app: of the pool.
        request: the message that began the burst.
    """

    app: Any
    request: Any
    _events: list[tuple[str, dict[str, Any]]] = field(default_factory=list, init=False)

    def add(self, attempt: Claim | Message, task: str, began: float, done: Execution) -> None:
        """Keep what is to be told of a step that was done.

        Args:
            attempt: of the step, which names it.
            task: the name of its task.
            began: seconds since the epoch.
        """
        if not self.app.conf.worker_send_task_events:
            return
        uuid = str(MessageId(attempt.run_id, attempt.step, attempt.attempt))
        message = {"run_id": attempt.run_id, "step": attempt.step, "attempt": attempt.attempt}
        self._add(
            "task-received",
            uuid,
            began,
            name=task,
            args="()",
            kwargs=repr(message),
            retries=0,
            parent_id=self.request.id,
            root_id=self.request.root_id,
        )
        self._add("task-started", uuid, began)
        ended = time.time()
        if done.error is None:
            self._add("task-succeeded", uuid, ended, result="None", runtime=ended - began)
        else:
            self._add("task-failed", uuid, ended, exception=safe_repr(done.error), traceback="")

    def __enter__(self) -> Self:
        """Begin a burst."""
        return self

    def __exit__(self, *_: object) -> None:
        """Send its events, however it ended."""
        self.send()

    def _add(self, kind: str, uuid: str, at: float, **fields: Any) -> None:
        self._events.append((kind, {"uuid": uuid, "timestamp": at, **fields}))

    def send(self) -> None:
        """Send them; never raises. What is not seen is in the ledger all the same."""
        if not self._events:
            return
        try:
            with self.app.producer_or_acquire() as producer:
                sender = self.app.events.Dispatcher(
                    producer.connection,
                    hostname=self.request.hostname,
                    channel=producer.channel,
                    buffer_while_offline=False,
                    buffer_group={"task"},
                    buffer_limit=len(self._events) + 1,
                )
                for kind, fields in self._events:
                    sender.send(kind, **fields)
                sender.flush(errors=False)
        except Exception as error:  # of showing: the steps are done, and must not look as if not
            log.warning("nobody is shown %d events: %s", len(self._events), error)
        self._events.clear()
