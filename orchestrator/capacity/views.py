"""What can be seen of permits: how much is used, by whom, and why somebody waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.capacity.replies import State


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds how much of a resource; `since` in seconds of Redis' clock."""

    id: str
    amount: int
    session: str
    since: float
    state: State


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a resource is in use.

    Attributes:
        capacity: of a rate, its burst.
        used: of a rate, what has not come again yet.
        peak: the most that was ever held at once, and when.
        oldest_wait: seconds, of the first in line; 0 when nobody waits.
        over_by: how much more is held than there is, since the capacity was lowered.
        grants: how often it was granted.
        reclaimed: how often it was taken from a holder that fell silent.
        champion: who starves and has a reservation, or ''.
        blocked_for: seconds until anything is granted again.
        rate: of a rate, its units in a period; else 0.
        holders: the first of them.
    """

    name: str
    capacity: int
    used: int
    peak: int
    peak_at: float
    waiting: int
    oldest_wait: float
    over_by: int
    grants: int
    reclaimed: int
    champion: str
    blocked_for: float
    rate: int
    holders: tuple[Holder, ...]

    @property
    def available(self) -> int:
        """What is left."""
        return max(0, self.capacity - self.used)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a domain has counted.

    Attributes:
        late: grants that nobody started in time.
        republished: grants whose message was published again.
        stale_effects: attempts that ended after their step was taken from them.
    """

    operations: int
    late: int
    republished: int
    stale_effects: int


class Cause(StrEnum):
    """Why a request waits, in a word."""

    NEVER = "never"  #: it asks for more than there is
    BLOCKED = "blocked"  #: the other side said "not now"
    ORDER = "order"  #: somebody before it is short of the resource, and nobody passes
    RATE = "rate"  #: the quota comes again at a time
    CAPACITY = "capacity"  #: others hold it
    RESERVED = "reserved"  #: it is kept for somebody who starves
    TURN = "turn"  #: nothing: it is granted with the next sweep


@dataclass(frozen=True, slots=True)
class Wait:
    """What a request waits for.

    Attributes:
        position: how many stand before it in line for the resource.
        remaining: seconds, where time alone decides.
        whom: the champion or the one in order that it waits for, or ''.
        holders: the first who hold the resource.
    """

    resource: str
    position: int
    cause: Cause
    remaining: float
    whom: str
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a request is; `since` in seconds of Redis' clock, of one that waits its arrival."""

    state: State
    since: float = 0.0
    token: int = 0
    session: str = ""
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """What is held; `remaining` seconds of its session's lease, None while it has no session."""

    id: str
    state: State
    token: int
    session: str
    since: float
    remaining: float | None
    need: Mapping[str, int]
