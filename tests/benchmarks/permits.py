"""Permits beside redis-py's `Lock`: how many a second, how soon the next one has it.

    python -m tests.benchmarks.permits [--pairs 7] [--short]

The sides take turns in one run, every other round in reverse, so what the machine does besides
meets them alike; what is shown is the median over the rounds, with the lowest and the highest,
and the median of each round's ratio. Ratios count, the rest is this machine's.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import redis
from rich.console import Console
from rich.table import Table

from orchestrator.capacity.rebuilding import Running
from orchestrator.capacity.replies import Granted, Request
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks.figures import Results
from tests.benchmarks.handing_over import hand_over

NAMES = ("one", "two", "three")
PLENTY = 10**6
#: Longer than any measurement.
LEASE_SECONDS = 3600.0
#: What a step's message has at most.
MESSAGE = b"m" * 600
PARKED = (0, 1_000, 50_000)

Side = Callable[[int], None]


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    asked = _parser().parse_args(arguments)
    calls, seconds = (50, 0.5) if asked.short else (1500, 4.0)
    parked = PARKED[:2] if asked.short else PARKED
    with _server() as client:
        tables = [
            _rates(client, asked.pairs, calls),
            _hand_overs(client, max(1, asked.pairs // 2), seconds),
            _script_times(client, asked.pairs, parked),
        ]
    Console(width=110).print(*tables)
    return Results()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="permits", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=7, help="rounds of both sides (7)")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    return parser


@contextmanager
def _server() -> Iterator["redis.Redis"]:
    with (
        tempfile.TemporaryDirectory(prefix="permits-") as home,
        EmbeddedBroker(Path(home)) as broker,
        redis.Redis.from_url(broker.url) as client,
    ):
        yield client


def fresh(client: "redis.Redis", **capacities: int) -> Semaphores:
    """Return an empty domain with these capacities."""
    client.flushdb()
    semaphores = Semaphores(client)
    semaphores.rebuild([(Resource(name=n, capacity=c), None) for n, c in capacities.items()])
    semaphores.beat(["s"], ttl=LEASE_SECONDS)
    return semaphores


def _rates(client: "redis.Redis", pairs: int, calls: int) -> Table:
    semaphores = fresh(client, **dict.fromkeys(NAMES, PLENTY))
    table = Table("acquire and release, a second", "Lock", "permits", "permits / Lock")
    for count in (1, 3):
        sides = (_locks(client, NAMES[:count]), _permits(semaphores, NAMES[:count]))
        for side in sides:
            side(50)  # scripts are loaded and connections made
        found: tuple[list[float], list[float]] = ([], [])
        for number in range(pairs):
            for which in (1, 0) if number % 2 else (0, 1):
                begun = time.perf_counter()
                sides[which](calls)
                found[which].append(calls / (time.perf_counter() - begun))
        ratio = median(own / other for other, own in zip(*found, strict=True))
        resources = f"{count} resource{'s' if count > 1 else ''}"
        table.add_row(resources, *map(_spread, found), f"{ratio:.2f}")
    return table


def _locks(client: "redis.Redis", names: Sequence[str]) -> Side:
    locks = [client.lock(f"lock-{name}", timeout=LEASE_SECONDS) for name in names]

    def side(calls: int) -> None:
        for _ in range(calls):
            for lock in locks:
                lock.acquire(blocking=False)
            for lock in locks:
                lock.release()

    return side


def _permits(semaphores: Semaphores, names: Sequence[str]) -> Side:
    need = dict.fromkeys(names, 1)

    def side(calls: int) -> None:
        for number in range(calls):
            name = f"x{number}"
            answer = semaphores.acquire(Request(name, need, "s"), park=False)
            assert isinstance(answer, Granted)
            semaphores.release(name, answer.token)

    return side


def _hand_overs(client: "redis.Redis", pairs: int, seconds: float) -> Table:
    semaphores = fresh(client, one=1)
    table = Table("from release to the next start, ms", "Lock", "permits", "Lock / permits")
    found: dict[tuple[str, str], list[float]] = {}
    for number in range(pairs):
        for side in ("permits", "lock") if number % 2 else ("lock", "permits"):
            waits = hand_over(side, client, semaphores, seconds)
            for share, name in ((0.5, "p50"), (0.99, "p99")):
                found.setdefault((name, side), []).append(_percentile(waits, share))
    for name in ("p50", "p99"):
        lock, own = found[name, "lock"], found[name, "permits"]
        ratio = median(other / mine for other, mine in zip(lock, own, strict=True))
        table.add_row(name, _spread(lock, 2), _spread(own, 2), f"{ratio:.1f}")
    return table


def _script_times(client: "redis.Redis", pairs: int, parked: Sequence[int]) -> Table:
    table = Table("parked", "a release that grants, µs of the server", "to the first that waits")
    found: dict[int, list[float]] = {count: [] for count in parked}
    for number in range(pairs):
        for count in reversed(parked) if number % 2 else parked:
            found[count].append(_release_us(client, count))
    base = median(found[parked[1]])
    for count, times in found.items():
        table.add_row(f"{count:,}", _spread(times), f"{median(times) / base:.2f}")
    return table


def _release_us(client: "redis.Redis", parked: int, releases: int = 300) -> float:
    """Return how long a release takes while so many wait, who need a second resource too."""
    client.flushdb()
    semaphores = Semaphores(client)
    held = [f"x{number}" for number in range(releases)]
    waiting = Request("", {"one": 1, "two": 1}, "", message=MESSAGE)
    semaphores.rebuild(
        [
            (Resource(name="one", capacity=releases), None),
            (Resource(name="two", capacity=PLENTY), None),
        ],
        running=[Running(name, {"one": 1}, 1, "s", 0.0) for name in held],
        waiting=(replace(waiting, id=f"w{number}") for number in range(parked)),
        ttl=LEASE_SECONDS,
    )
    semaphores.release("nobody")  # the script is loaded
    client.config_resetstat()
    for name in held:
        semaphores.release(name)
    return float(client.info("commandstats")["cmdstat_evalsha"]["usec_per_call"])


def _percentile(found: Sequence[float], share: float) -> float:
    return sorted(found)[min(len(found) - 1, int(len(found) * share))]


def _spread(found: Sequence[float], digits: int = 0) -> str:
    return f"{median(found):,.{digits}f} ({min(found):,.{digits}f}-{max(found):,.{digits}f})"


if __name__ == "__main__":
    main()
