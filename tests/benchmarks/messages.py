"""How large messages are: what is pushed to the broker's queues, seen by its MONITOR.

Watching slows the broker down, so nothing is timed meanwhile.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis

_END = "no more messages"


@dataclass
class Seen:
    """The messages that were pushed while somebody watched."""

    count: int = 0
    largest: int = 0

    def add(self, size: int) -> None:
        self.count += 1
        self.largest = max(self.largest, size)


@contextmanager
def watched(broker_url: str) -> Iterator[Seen]:
    """Watch the broker during the block; what was seen is complete after it."""
    seen = Seen()
    begun = threading.Event()
    with Redis.from_url(broker_url) as client:
        watcher = threading.Thread(target=_watch, args=(client, seen, begun))
        watcher.start()
        begun.wait(timeout=10)
        try:
            yield seen
        finally:
            client.echo(_END)
            watcher.join()


def _watch(client: Redis, seen: Seen, begun: threading.Event) -> None:
    with client.monitor() as monitor:
        begun.set()
        for entry in monitor.listen():
            verb, _, rest = entry["command"].partition(" ")
            if verb == "LPUSH":
                # Everything in a message is ASCII, so its characters are its bytes.
                seen.add(len(rest.partition(" ")[2]))
            elif verb == "ECHO" and rest == _END:
                return
