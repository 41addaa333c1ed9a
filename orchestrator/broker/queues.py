"""What is with the broker: how deep each queue is, and whose messages are there."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from redis.exceptions import RedisError

from orchestrator.broker.celery_app import SEPARATOR
from orchestrator.broker.client import client
from orchestrator.states import Priority

#: kombu keeps what workers hold, unacknowledged, in this hash, and in this sorted set since when.
_UNACKED = "unacked"
_UNACKED_SINCE = "unacked_index"

#: A message is followed as soon as a worker has it. One that has waited for so long is with a
#: worker that died, or hangs, before its step was taken; a copy too many is dropped.
_FOLLOWED_SECONDS = 10.0

_PAGE = 500

#: So many messages are not read for less than to list them.
_MANY = 20


class Queues:
    """Reads the broker's queues; it never takes anything."""

    def __init__(self, broker_url: str) -> None:
        self._redis = client(broker_url, decode_responses=True)

    def silence(self) -> str | None:
        """Return why the broker does not answer; None: it does."""
        try:
            self._redis.ping()
        except RedisError as error:
            return str(error)
        return None

    def depths(self, queues: Iterable[str]) -> dict[str, dict[Priority, int]]:
        """Return how many messages wait, by queue and priority."""
        names = list(queues)
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                for level in range(10):
                    pipe.llen(sub_queue(name, level))
            lengths = iter(pipe.execute())
        depths: dict[str, dict[Priority, int]] = {}
        for name in names:
            by_level = [next(lengths) for _ in range(10)]
            depths[name] = {p: by_level[2 * p] + by_level[2 * p + 1] for p in Priority}
        return depths

    def is_outranked(self, queue: str, level: int) -> bool:
        """Say whether a message waits in a queue that is more urgent than a level.

        Of a broker that does not answer it is taken for granted.
        """
        if level == 0:
            return False
        try:
            return bool(self._redis.exists(*(sub_queue(queue, higher) for higher in range(level))))
        except RedisError:
            return True

    def few(self, queue: str, level: int) -> list[str] | None:
        """Return the ids of a sub-queue's messages, `run:step:attempt`.

        None: there are many, or the broker does not answer.
        """
        try:
            texts = self._texts(sub_queue(queue, level), end=-1, count=_MANY)
        except RedisError:
            return None
        return None if len(texts) == _MANY else [_id_of(json.loads(text)) for text in texts]

    def oldest_first(self, queue: str, level: int) -> Iterator[list[str]]:
        """Return the ids of a sub-queue's messages in parts, the next to be taken first.

        An id is `run:step:attempt`. Messages that come or go meanwhile may be missed.
        """
        key = sub_queue(queue, level)
        end = -1
        while page := self._texts(key, end):
            yield [_id_of(json.loads(text)) for text in reversed(page)]
            end -= len(page)

    def held(self) -> set[str]:
        """Return the ids of the messages that living workers have taken and not finished."""
        since = time.time() - _FOLLOWED_SECONDS
        tags: Any = self._redis.zrangebyscore(_UNACKED_SINCE, since, "+inf")
        texts = self._redis.hmget(_UNACKED, tags) if tags else []
        return {_id_of(json.loads(text)[0]) for text in texts if text is not None}

    def _texts(self, key: str, end: int, count: int = _PAGE) -> list[Any]:
        found: Any = self._redis.lrange(key, end - count + 1, end)
        return list(found)


def sub_queue(queue: str, level: int) -> str:
    """Return the Redis list of a queue's messages of one broker level, 0 to 9."""
    return f"{queue}{SEPARATOR}{level}" if level else queue


def _id_of(message: dict[str, Any]) -> str:
    return str(message["headers"]["id"])
