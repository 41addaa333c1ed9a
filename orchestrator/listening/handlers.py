"""Handlers of events in the caller's own process, by the seed's name `register_event_handler`.

    with EventHandlers(ledger) as handlers:
        handlers.register("run.*", lambda event: print(event.name, event.run_id))

They are called one after the other in one thread, which begins with the first of them.
What happens while no process listens is not told later: a webhook is for that.
"""

import logging
import threading
from collections.abc import Callable
from typing import Self

from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.listening import event_patterns
from orchestrator.listening.event_feed import EventFeed

log = logging.getLogger(__name__)

Handler = Callable[[LoggedEvent], None]

#: How long to wait for a ledger that does not answer.
_PATIENCE_SECONDS = 2.0


class EventHandlers:
    """Calls functions for what happens, whoever makes it happen.

    Args:
        poll_seconds: how often the log is looked at.
    """

    def __init__(self, ledger: Ledger, *, poll_seconds: float = 0.25) -> None:
        self._ledger = ledger
        self._poll_seconds = poll_seconds
        self._handlers: tuple[tuple[str, Handler], ...] = ()
        self._registering = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def register(self, event_type: str, handler: Handler) -> None:
        """Call `handler` for each event of this type from now on.

        Args:
            event_type: a name, `step.failed`, or a pattern, `run.*`.

        Raises:
            ConfigurationError: no event is of this type, or the handlers are closed.
            Unavailable: the ledger does not answer.
        """
        event_patterns.check(event_type)
        with self._registering:
            if self._stopped.is_set():
                raise ConfigurationError("these event handlers are closed: make new ones")
            if self._thread is None:
                # The place is taken here, not in the thread: the caller's next act is heard of.
                self._thread = self._begin(EventFeed.from_now(self._ledger))
            self._handlers = (*self._handlers, (event_type, handler))

    def close(self) -> None:
        """Tell what has been written until now, and stop."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, feed: EventFeed) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(feed,), name="events", daemon=True)
        thread.start()
        return thread

    def _run(self, feed: EventFeed) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self._tell_new(feed)
        self._tell_new(feed, limit=None)

    def _tell_new(self, feed: EventFeed, *, limit: int | None = 1000) -> float:
        """Tell what is new; return for how long to wait then."""
        try:
            found = feed.read(limit=limit)
        except Unavailable as error:
            log.warning("events are told later: %s", error)
            return _PATIENCE_SECONDS
        for event in found:
            self._tell(event)
        return 0.0 if found else self._poll_seconds

    def _tell(self, event: LoggedEvent) -> None:
        for event_type, handler in self._handlers:
            if not event_patterns.matches((event_type,), event.name):
                continue
            try:
                handler(event)
            except Exception:  # the others want to hear of it too
                log.exception("a handler of %r failed on %s", event_type, event)
