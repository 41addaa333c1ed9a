"""What goes over the wire: the messages of steps, as the broker's server sees them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.installation import Installation


@contextmanager
def published(toy: Installation) -> Iterator[list[str]]:
    """Gather every message that is put into the pool's queue meanwhile, as the server sees it."""
    found: list[str] = []
    connected = threading.Event()

    def listen() -> None:
        with toy.redis.monitor() as monitor:
            connected.set()
            for seen in monitor.listen():
                command, _, text = seen["command"].partition(" ")
                if command == "PING" and text == "enough":
                    return
                if command == "LPUSH" and text.startswith("toy"):
                    found.append(text.partition(" ")[2])

    thread = threading.Thread(target=listen)
    thread.start()
    connected.wait()
    try:
        yield found
    finally:
        toy.redis.execute_command("PING", "enough")
        thread.join()


def step_of(message: str) -> str:
    return str(json.loads(message)["headers"]["id"]).split(":")[1]


def priority_of(message: str) -> int:
    return int(json.loads(message)["properties"]["priority"])
