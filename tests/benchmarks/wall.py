"""A model of how far workers can be added before something is in the way of all of them.

A worker has a step, and then waits for what all workers share: the ledger, which has as many
processors as its server, the broker, which has one, as Valkey runs commands in one thread, and the
network. That is a closed queueing network, and mean value analysis says what it gives: how long a
visit takes depends on how many others are there, which is what they would be with one worker less.
A place with several processors is taken for one that is so much faster, and a delay (Seidmann).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median as median_of
from typing import Self

from rich.table import Table

LEDGER_PROCESSORS = 8
NETWORK_BYTES = 125e6  #: a second, of 1 Gbit/s
#: What is so busy is what the others wait for.
BUSY = 0.7

#: What to do when something is the wall.
WAYS_OUT = {
    "ledger": "longer steps, bursts, more processors, or a second installation for other workflows",
    "broker": "longer steps, bursts, or a second installation for other workflows",
    "network": "results by reference, ledger and broker near the workers",
}


@dataclass(frozen=True)
class Cost:
    """What one step takes: seconds of a processor, and bytes."""

    ledger: float
    broker: float
    worker: float
    bytes: float

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> Self:
        """Return the median of each part."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: median_of(getattr(cost, name) for cost in costs) for name in names})


@dataclass(frozen=True)
class Place:
    """What all workers share.

    Attributes:
        seconds: that each step keeps one of its processors busy.
    """

    name: str
    seconds: float
    processors: int = 1


def throughput(workers: int, alone: float, places: Sequence[Place]) -> float:
    """Return the steps a second of so many workers.

    Args:
        alone: seconds that a step takes beside its visits to what is shared.

    >>> throughput(1, 0.09, [Place("ledger", 0.01)])
    10.0
    >>> round(throughput(1_000, 0.09, [Place("ledger", 0.01)]))
    100
    """
    there = dict.fromkeys(places, 0.0)
    rate = 0.0
    for number in range(1, workers + 1):
        queued = {p: p.seconds / p.processors * (1 + there[p]) for p in places}
        served = sum(p.seconds * (p.processors - 1) / p.processors for p in places)
        rate = number / (alone + served + sum(queued.values()))
        there = {place: rate * seconds for place, seconds in queued.items()}
    return rate


@dataclass(frozen=True)
class Model:
    """What was measured here, to be used elsewhere.

    Attributes:
        between: seconds from a step to the next in one process, when nobody else is there.
        processors: of the machine that was measured, which all parts share.
    """

    cost: Cost
    between: float
    processors: int

    def here(self, workers: int, seconds: float) -> float:
        """Return the steps a second on the machine that was measured."""
        busy = self.cost.ledger + self.cost.broker + self.cost.worker
        machine = Place("machine", busy, self.processors)
        return throughput(workers, seconds + max(0.0, self.between - busy), [machine])

    def elsewhere(self, workers: int, seconds: float) -> tuple[float, dict[str, float]]:
        """Return the steps a second of workers with processors of their own.

        Returns:
            Also how busy each shared thing is, 1.0 being all the time.
        """
        places = (
            Place("ledger", self.cost.ledger, LEDGER_PROCESSORS),
            Place("broker", self.cost.broker),
            Place("network", self.cost.bytes / NETWORK_BYTES),
        )
        shared = sum(place.seconds for place in places)
        rate = throughput(workers, seconds + max(0.0, self.between - shared), places)
        return rate, {p.name: rate * p.seconds / p.processors for p in places}


def beyond(model: Model) -> Table:
    """Return what the model says of 100 and 1,000 workers, of short and of longer steps."""
    table = Table(
        "workers",
        "a step s",
        "steps/s",
        "beside one",
        f"ledger, {LEDGER_PROCESSORS} processors",
        "broker, one",
        "network, 1 Gbit/s",
        "the wall",
    )
    met = set()
    for workers in (100, 1_000):
        for seconds in (0.05, 1.0, 10.0):
            alone, _ = model.elsewhere(1, seconds)
            rate, busy = model.elsewhere(workers, seconds)
            wall = max(busy, key=busy.__getitem__)
            if busy[wall] > BUSY:
                met.add(wall)
            table.add_row(
                f"{workers:,}",
                f"{seconds:g}",
                f"{rate:,.0f}",
                f"{rate / alone / workers:.2f}",
                *(f"{share:.0%}" for share in busy.values()),
                wall if busy[wall] > BUSY else "none",
            )
    table.caption = "; ".join(f"{wall}: {WAYS_OUT[wall]}" for wall in sorted(met))
    return table
