"""How long those who only publish wait for a broker that does not answer: once.

A broker that is down refuses, which costs nothing. One that hangs, or that a firewall cut
off, costs each who asks as long as a connection may be silent; asked for one message after
another, minutes. Maintenance sends whatever was not, so nobody has to wait for it.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from celery import Celery
from kombu.exceptions import (  # type: ignore[attr-defined]  # the stubs lack the first
    BatchPublishError,
    LimitExceeded,
    OperationalError,
)
from redis.exceptions import RedisError

#: Whoever waited for so long in vain has met silence, and not a refusal.
_SILENT_SECONDS = 1.0

#: It is not asked again for so long.
_LEFT_ALONE_SECONDS = 5.0

#: By what kombu and redis-py say it: of single messages, of many, of a pool whose connections
#: all wait for an answer, and of what is no message.
_NO_ANSWER = (OperationalError, BatchPublishError, LimitExceeded, RedisError)


class Patience:
    """What is left of the patience of a process."""

    def __init__(self) -> None:
        self._lost_until = float("-inf")

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask the broker for something.

        Raises:
            kombu.exceptions.OperationalError: it did not answer, now or a moment ago.
        """
        asked = time.monotonic()
        if asked < self._lost_until:
            raise OperationalError("the broker did not answer a moment ago, and is left alone")
        try:
            yield
        except _NO_ANSWER as error:
            now = time.monotonic()
            if now - asked > _SILENT_SECONDS:
                self._lost_until = now + _LEFT_ALONE_SECONDS
            if isinstance(error, OperationalError):
                raise
            raise OperationalError(str(error)) from error


class Producer(Celery):
    """An application that publishes and consumes nothing."""

    def __init__(self) -> None:
        super().__init__("orchestrator", set_as_current=False)
        self.patience = Patience()


def asking(app: Celery) -> AbstractContextManager[None]:
    """Return what to ask the broker in; a worker, which must not lose a message, asks anew."""
    patience = app.patience if isinstance(app, Producer) else Patience()
    return patience.asking()
