"""How a domain keeps order; set when it is prepared."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How far order is kept, and who is kept waiting how long.

    Attributes:
        scan: how many heads of each queue are looked at when something is freed.
        deep: how many more of all queues each sweep looks at, all in turn.
        skips: so often others may pass a request that does not fit; then its permits are kept.
        starve: after so many seconds of waiting they are kept as well.
        boost: seconds that each level of priority is worth.
        quantum: seconds of virtual time that a unit of a fair resource costs its tenant.
    """

    scan: int = 64
    deep: int = 512
    skips: int = 16
    starve: float = 30.0
    boost: float = 60.0
    quantum: float = 1.0

    def fields(self) -> Iterator[str | int]:
        """Return names and values as the scripts read them, one after the other."""
        yield from ("scan", self.scan, "deep", self.deep, "skips", self.skips)
        yield from ("starve", round(self.starve * 1000))
        yield from ("boost", round(self.boost * 1e6), "quantum", round(self.quantum * 1e6))


DEFAULT_RULES = Rules()
