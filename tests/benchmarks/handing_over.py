"""Four processes that share one permit, or one lock: how long it lies idle between two of them.

Each holds it for 20 ms and thinks for about 40. A permit that is freed is granted by the same
script, and its message is published, here to a list that the next one waits at; a lock is asked
for again and again, every 0.1 s, as redis-py does by itself.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from random import Random
from typing import Any

import redis

from orchestrator.capacity.replies import Granted, Grants, Request
from orchestrator.capacity.semaphores import Semaphores

CLIENTS = 4
HOLD_SECONDS, THINK_SECONDS = 0.02, 0.04
LEASE_SECONDS = 3600.0

#: When one asked for it, had it, and let it go.
Turn = tuple[float, float, float]


def hand_over(
    side: str, client: "redis.Redis", semaphores: Semaphores, seconds: float
) -> list[float]:
    """Return the milliseconds from each release to the next start, where somebody waited."""
    semaphores.beat([f"s{number}" for number in range(CLIENTS)], ttl=LEASE_SECONDS)
    port = int(client.connection_pool.connection_kwargs["port"])
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(CLIENTS)
    with spawn.Pool(CLIENTS, initializer=_come, initargs=(ready,)) as pool:
        asked = [(side, port, number, seconds) for number in range(CLIENTS)]
        turns = sorted(
            (turn for own in pool.starmap(_take_turns, asked, chunksize=1) for turn in own),
            key=_had,
        )
    return list(_idle_times(turns))


def _come(ready: Barrier) -> None:
    """Wait until all have imported what they need."""
    ready.wait()


def _had(turn: Turn) -> float:
    return turn[1]


def _idle_times(turns: list[Turn]) -> Iterator[float]:
    for place, (_, _, freed) in enumerate(turns[:-1]):
        following = turns[place + 1 : place + 1 + CLIENTS]
        if any(asked < freed for asked, _, _ in following):
            yield (following[0][1] - freed) * 1000


def _take_turns(side: str, port: int, number: int, seconds: float) -> list[Turn]:
    rng = Random(number)
    until = time.monotonic() + seconds
    turns: list[Turn] = []
    with redis.Redis(port=port) as client:
        take, free = {"lock": _lock, "permits": _permit}[side](client, number)
        while time.monotonic() < until:
            asked = time.monotonic()
            take()
            had = time.monotonic()
            time.sleep(HOLD_SECONDS)
            freed = time.monotonic()
            free()
            turns.append((asked, had, freed))
            time.sleep(rng.uniform(0.5, 1.5) * THINK_SECONDS)
    return turns


Verbs = tuple[Callable[[], Any], Callable[[], Any]]


def _lock(client: "redis.Redis", number: int) -> Verbs:
    lock = client.lock("lock", timeout=LEASE_SECONDS)
    return lock.acquire, lock.release


def _permit(client: "redis.Redis", number: int) -> Verbs:
    semaphores = Semaphores(client)
    session = inbox = f"s{number}"
    held: list[tuple[str, int]] = []

    def publish(grants: Grants) -> None:
        for grant in grants:
            client.lpush(grant.message.decode(), f"{grant.id} {grant.token}")
        semaphores.published([grant.id for grant in grants])

    def take() -> None:
        name = f"{number}:{time.monotonic_ns()}"
        request = Request(name, {"one": 1}, session, message=inbox.encode())
        answer = semaphores.acquire(request, park=True)
        if isinstance(answer, Granted):
            held.append((name, answer.token))
            return
        found = client.brpop([inbox], timeout=60)
        assert found is not None, "the grant was lost"
        name, token = found[1].decode().split()
        semaphores.start(name, int(token), session)
        held.append((name, int(token)))

    def free() -> None:
        publish(semaphores.release(*held.pop()).grants)

    return take, free
