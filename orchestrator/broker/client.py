"""A client of Redis for who asks it something and does not wait for long."""

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.retry import Retry

from orchestrator.broker import keepalive

#: So long a Redis is waited for that does not answer.
_ANSWER_SECONDS = 2.0


def client(url: str, **more: Any) -> Redis:
    """Return a client; `more` is what `Redis.from_url` takes."""
    return Redis.from_url(
        url,
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_ANSWER_SECONDS,
        socket_keepalive=True,
        socket_keepalive_options=keepalive.REDIS,
        # A connection that has ended is made anew; silence is not waited for again.
        retry=Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        **more,
    )
