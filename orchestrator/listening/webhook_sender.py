"""Telling webhooks of events: any number of processes may, and each event is told at least once.

    feed ──▶ enqueue: an event is due for each webhook it fits ──▶ take ──▶ POST ──▶ noted

Each webhook is served by one thread of this process at most, so one that hangs holds up
no other. Its round ends with the first message that fails: the next one would fail too.
"""

import datetime as dt
import logging
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from orchestrator.definition.policies import Retry
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.log import deliveries
from orchestrator.ledger.log.deliveries import Taken
from orchestrator.listening.event_feed import EventFeed
from orchestrator.listening.webhook_client import WebhookClient
from orchestrator.retries import backoff
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: Ten attempts take about 15 hours.
PATIENT = Retry(max_attempts=10, backoff=10, factor=3, max_backoff=6 * 3600, jitter=0.1)

#: A delivery whose sender is silent for so long is another's.
_LEASE_SECONDS = 60.0

#: So many messages a webhook is sent in one round.
_ROUND = 100

#: So often the log is read in one round, a thousand events at a time.
_READINGS = 10

_FORGET_EVERY = 600.0
_KEPT = dt.timedelta(days=7)


class WebhookSender:
    """Sends what webhooks are due.

    Args:
        client: is closed with it.
        retry: how often an event is tried, and at which distances.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: WebhookClient,
        *,
        retry: Retry = PATIENT,
        poll_seconds: float = 0.5,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._retry = retry
        self._poll_seconds = poll_seconds
        self._feed: EventFeed | None = None
        self._told = -1
        self._closing = threading.Event()
        self._forgotten = time.monotonic()
        self._serving: dict[str, Future[None]] = {}
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="webhooks")

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger) -> Self:
        """Return a sender as an installation's settings want it."""
        attempts = {"max_attempts": settings.webhook_attempts}
        return cls(ledger, WebhookClient.of(settings), retry=PATIENT.model_copy(update=attempts))

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; what is on its way then is waited for."""
        with self:
            while not stop.wait(self._poll_seconds):
                self.round()

    def round(self) -> None:
        """Begin to send what is due now."""
        try:
            if self._enqueue():
                for webhook_id in deliveries.due(self._ledger):
                    self._serve(webhook_id)
                self._forget()
        except Unavailable as error:
            log.warning("webhooks wait: %s", error)
        except Exception:  # the next round may do better
            log.exception("webhooks failed")

    def close(self) -> None:
        """Wait for the messages that are on their way, and begin no others."""
        self._closing.set()
        self._threads.shutdown()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _enqueue(self) -> bool:
        """Make due what is new; say whether anybody wants to be told."""
        horizon = deliveries.horizon(self._ledger)
        if horizon is None:
            self._feed = None
            return False
        # What was read and not written down is read again: the feed is kept if all goes well.
        feed, self._feed = self._feed or EventFeed(self._ledger, after=horizon), None
        for _ in range(_READINGS):
            found = feed.read()
            if found or feed.settled != self._told:
                deliveries.enqueue(self._ledger, found, settled=feed.settled)
                self._told = feed.settled
            if not found:
                break
        self._feed = feed
        return True

    def _serve(self, webhook_id: str) -> None:
        at_work = self._serving.get(webhook_id)
        if at_work is None or at_work.done():
            self._serving[webhook_id] = self._threads.submit(self._send_due, webhook_id)

    def _send_due(self, webhook_id: str) -> None:
        try:
            for _ in range(_ROUND):
                if self._closing.is_set():
                    return
                taken = deliveries.take(self._ledger, webhook_id, lease=_LEASE_SECONDS)
                if taken is None or not self._send(taken):
                    return
        except Unavailable as error:
            log.warning("webhook %s waits: %s", webhook_id, error)
        except Exception:  # in a thread nobody else would say so
            log.exception("webhook %s failed", webhook_id)

    def _send(self, taken: Taken) -> bool:
        """Try a delivery, and note what came of it; say whether the next one is worth trying."""
        if taken.event is None:
            lost = "the event was pruned with its run before it could be told"
            deliveries.failed(self._ledger, taken, lost, again_in=None)
            return True
        error = self._client.post(taken.url, taken.secret, taken.event)
        if error is None:
            deliveries.succeeded(self._ledger, taken)
            return True
        again_in = None
        if taken.attempt < self._retry.max_attempts:
            again_in = backoff(self._retry, taken.attempt, random.random())  # noqa: S311 - spreads load
        deliveries.failed(self._ledger, taken, error, again_in=again_in)
        then = "given up" if again_in is None else f"again in {again_in:.0f} s"
        log.warning(
            "webhook %s was not told of event %s (attempt %s): %s; %s",
            *(taken.webhook_id, taken.event_id, taken.attempt, error, then),
        )
        return False

    def _forget(self) -> None:
        if time.monotonic() - self._forgotten > _FORGET_EVERY:
            self._forgotten = time.monotonic()
            deliveries.forget(self._ledger, older_than=_KEPT)
