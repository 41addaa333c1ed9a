"""The way to the permits: the Redis that grants them in the present epoch, or none.

A client that never spoke to the former Redis cannot see that this one has forgotten what that
one granted, so every new connection asks Redis who it is, and the ledger says who it should
be. Whatever looks like another Redis shuts the door until maintenance has told it all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from orchestrator.broker.client import client
from orchestrator.capacity.refusals import Closed, PermitsClosed
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.permits import epochs
from orchestrator.ledger.permits.epochs import DOMAIN


class OtherServer(RedisError):
    """The Redis behind a new connection is not the one that grants permits."""


class Door:
    """Leads to the permits; one is enough for a process.

    Args:
        url: of the Redis that grants them.
    """

    def __init__(self, ledger: Ledger, url: str) -> None:
        self._ledger = ledger
        self._url = url
        self._client: Redis | None = None
        self._semaphores: Semaphores | None = None

    @contextmanager
    def asking(self) -> Iterator[Semaphores]:
        """Ask for something, in the present epoch.

        Raises:
            PermitsClosed: Redis has to be told first who holds permits; nothing was granted.
            Unavailable: Redis or the ledger does not answer; something may have been.
        """
        try:
            yield self._open()
        except PermitsClosed:
            self.shut()
            raise
        except OtherServer as error:
            self.shut()
            raise PermitsClosed(DOMAIN, Closed.EPOCH) from error
        except RedisError as error:
            raise Unavailable(f"the Redis of the permits does not answer: {error}") from error

    def shut(self) -> None:
        """Close the connections; whoever asks next asks the ledger for the epoch first."""
        left, self._client, self._semaphores = self._client, None, None
        if left is not None:
            left.close()

    def _open(self) -> Semaphores:
        if self._semaphores is None:
            if not self._url:
                raise Unavailable("no Redis grants permits: ORCHESTRATOR_BROKER_URL is not set")
            epoch = epochs.current(self._ledger)
            if epoch is None:
                raise PermitsClosed(DOMAIN, Closed.NO_STATE)
            self._client = connect(self._url, epoch.server)
            self._semaphores = Semaphores(self._client, DOMAIN, epoch.number)
        return self._semaphores


def connect(url: str, server: str | None = None) -> Redis:
    """Return a client; with a `server`, one whose every connection leads to that very process."""

    def greet(connection: Any) -> None:
        connection.on_connect()
        if server is not None and server_of(connection) != server:
            raise OtherServer("this Redis was restarted, or another has taken its place")

    return client(url, redis_connect_func=greet)


def server_of(connection: Any) -> str:
    """Return the `run_id` that the Redis behind a connection gives itself."""
    connection.send_command("INFO", "server")
    said = connection.read_response()
    text = said.decode() if isinstance(said, bytes) else str(said)
    line = next(line for line in text.splitlines() if line.startswith("run_id:"))
    return line.partition(":")[2].strip()
