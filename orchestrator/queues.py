"""What is with the broker: how deep each queue is, and which messages were lost.

Age proves nothing: in a backlog every message is old. But a sub-queue is first in,
first out, so a step that was queued before the oldest message of its sub-queue and is
not with a worker either has lost its message.
"""

import datetime as dt
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from redis import Redis

from orchestrator.celery_app import SEPARATOR
from orchestrator.ledger.outbox import Dispatch
from orchestrator.states import Priority

#: Clocks and publishing differ by less than this.
_SLACK = dt.timedelta(seconds=2)

#: kombu keeps what workers hold, unacknowledged, in this hash, and in this sorted set since when.
_UNACKED = "unacked"
_UNACKED_SINCE = "unacked_index"

#: A message is followed as soon as a worker has it. One that has waited for so long is with a
#: worker that died, or hangs, before its step was taken; a copy too many is dropped.
_FOLLOWED_SECONDS = 10.0

_PAGE = 1000


class Queues:
    """Reads the broker's queues; it never takes anything."""

    def __init__(self, broker_url: str) -> None:
        self._redis: Redis = Redis.from_url(
            broker_url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True
        )

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

    def lost(self, queued: Sequence[Dispatch]) -> list[Dispatch]:
        """Return those of the queued steps whose message no sub-queue has, nor a living worker.

        Args:
            queued: every queued step, the oldest first in each sub-queue.
        """
        by_queue: dict[str, list[Dispatch]] = defaultdict(list)
        for dispatch in queued:
            key = sub_queue(dispatch.queue, dispatch.level)
            by_queue[key].append(dispatch)
        missing = [
            dispatch
            for key, dispatches in by_queue.items()
            for dispatch in self._missing(key, dispatches)
        ]
        # Looked at last: a message that is taken meanwhile goes from its queue to a worker.
        held = self._held() if missing else set()
        return [dispatch for dispatch in missing if _task_id(dispatch) not in held]

    def _missing(self, key: str, dispatches: list[Dispatch]) -> Iterable[Dispatch]:
        oldest = self._redis.lindex(key, -1)
        if oldest is None:
            return dispatches
        since = {_task_id(d): d.queued_at for d in dispatches}.get(_id_of(json.loads(oldest)))
        if since is not None:
            return [d for d in dispatches if d.queued_at < since - _SLACK]
        waiting = set(self._waiting(key))
        return [d for d in dispatches if _task_id(d) not in waiting]

    def _waiting(self, key: str) -> Iterator[str]:
        start = 0
        while page := self._redis.lrange(key, start, start + _PAGE - 1):
            yield from (_id_of(json.loads(text)) for text in page)
            start += _PAGE

    def _held(self) -> set[str]:
        since = time.time() - _FOLLOWED_SECONDS
        tags: Any = self._redis.zrangebyscore(_UNACKED_SINCE, since, "+inf")
        texts = self._redis.hmget(_UNACKED, tags) if tags else []
        return {_id_of(json.loads(text)[0]) for text in texts if text is not None}


def sub_queue(queue: str, level: int) -> str:
    """Return the Redis list of a queue's messages of one broker level, 0 to 9."""
    return f"{queue}{SEPARATOR}{level}" if level else queue


def _task_id(dispatch: Dispatch) -> str:
    return f"{dispatch.run_id}:{dispatch.step}:{dispatch.attempt}"


def _id_of(message: dict[str, Any]) -> str:
    return str(message["headers"]["id"])
