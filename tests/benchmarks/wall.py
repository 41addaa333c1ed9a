"""A model of how far workers can be added before something is in the way of all of them.

A process is busy for a step's own time and for what is lost between two steps. What all share
is busy for so many seconds with each step; it is a wall when workers ask for more seconds each
second than it has: the ledger has as many as its server has processors, the broker has one, as
Valkey runs commands in one thread, and the network has so many bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median as median_of
from typing import Self

from rich.table import Table

LEDGER_PROCESSORS = 8
NETWORK_BYTES = 125e6  #: a second, of 1 Gbit/s
#: Of what something has, so much can be asked of it before those who ask wait for each other.
USABLE = 0.7

#: What to do when something is the wall.
WAYS_OUT = {
    "ledger": "longer steps or fewer; more processors; runs of other workflows in a second ledger",
    "broker": "a broker for each group of pools: queues know nothing of each other",
    "network": "results by reference; ledger and broker near the workers",
    "": "nothing",
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
class Model:
    """What was measured here, to be used elsewhere.

    Attributes:
        between: seconds from a step to the next in one process, when nobody else is there.
        processors: of the machine that was measured, which all parts share.
    """

    cost: Cost
    between: float
    processors: int

    def asked(self, workers: int, seconds: float) -> float:
        """Return the steps a second that so many processes ask for, each so long.

        >>> model = Model(Cost(0.001, 0.0005, 0.002, 4000), 0.01, 2)
        >>> model.asked(100, 0.09)
        1000.0
        """
        return workers / (seconds + self.between)

    def efficiency_here(self, workers: int, seconds: float) -> float:
        """Return the efficiency on the machine that was measured."""
        each = self.cost.ledger + self.cost.broker + self.cost.worker
        rate = min(self.asked(workers, seconds), self.processors / each)
        return rate * seconds / workers

    def load(self, workers: int, seconds: float) -> dict[str, float]:
        """Return what of each shared thing is asked for, 1.0 being all of it."""
        rate = self.asked(workers, seconds)
        return {
            "ledger": rate * self.cost.ledger / LEDGER_PROCESSORS,
            "broker": rate * self.cost.broker,
            "network": rate * self.cost.bytes / NETWORK_BYTES,
        }


def beyond(model: Model) -> Table:
    """Return what the model says of 100 and 1,000 workers, of short and of longer steps."""
    table = Table(
        "workers",
        "a step s",
        "steps/s",
        f"ledger, {LEDGER_PROCESSORS} processors",
        "broker, one",
        "network, 1 Gbit/s",
        "the wall",
        "what then",
    )
    for workers in (100, 1_000):
        for seconds in (0.05, 1.0, 10.0):
            load = model.load(workers, seconds)
            worst = max(load, key=load.__getitem__)
            wall = worst if load[worst] > USABLE else ""
            table.add_row(
                f"{workers:,}",
                f"{seconds:g}",
                f"{model.asked(workers, seconds):,.0f}",
                *(f"{share:.0%}" for share in load.values()),
                wall or "none",
                WAYS_OUT[wall],
            )
    return table
