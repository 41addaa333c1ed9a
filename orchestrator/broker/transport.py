"""The Redis transport of kombu, mended so that a worker survives a restart of Redis.

When Redis goes away while a worker holds an unacknowledged message and still waits
for another, Celery first collects the connection, which detaches the channel from
its client, and then closes the same channel again. That second close, and every
late acknowledgement after it, asks the detached channel for an address: an
AttributeError, which nobody expects, so the worker ends with "Unrecoverable error".

Here the detached channel says what is true, that there is no connection; Celery
knows that error, and reconnects.

A channel makes a client of redis-py for each thing that it asks, which takes longer than to
ask it; here it keeps the one that it has.
"""

from typing import Any

from kombu import transport
from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as NotConnected

#: kombu speaks Redis under these schemes; Valkey is spoken to by the same ones
SCHEMES = ("redis", "rediss")


class Channel(kombu_redis.Channel):
    """A channel that reports its own end as a lost connection, and keeps its client."""

    # kombu's; its stubs do not name it.
    pool: Any

    _kept: Any = None

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise NotConnected("the channel's connection to the broker was closed")
        parameters: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]  # not in the stubs
        return parameters

    def _create_client(self, asynchronous: bool = False) -> Any:
        """Return a client of the channel's pool, which is another one after a reconnection."""
        if asynchronous:  # it is told what it waits for, so each who asks has one alone
            return super()._create_client(asynchronous)  # type: ignore[misc]  # not in the stubs
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[misc]  # not in the stubs
        return self._kept


class Transport(kombu_redis.Transport):
    """The Redis transport with the mended channel."""

    Channel = Channel


def install() -> None:
    """Make every `redis://` and `rediss://` broker of this process use the mended transport."""
    for scheme in SCHEMES:
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
        # kombu remembers what an alias meant when it was first used.
        transport._transport_cache.pop(scheme, None)  # type: ignore[attr-defined]  # noqa: SLF001
