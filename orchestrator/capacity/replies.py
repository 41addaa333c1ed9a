"""What a request for permits is, and what comes back.

Whoever gets `grants` publishes their messages and says so with `published`: the script that
frees permits also decides who is next, and tells its caller alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.states import Priority


class State(StrEnum):
    """Where a request is."""

    UNKNOWN = "none"  #: never made, released, cancelled or reclaimed
    PARKED = "W"  #: waits in line
    GRANTED = "G"  #: its permits are taken, and its message is on the way
    RUNNING = "R"  #: a session holds it
    SUSPECT = "S"  #: its session ended; taken until it is reclaimed
    OVERDUE = "H"  #: held longer than a resource allows; taken until it is reclaimed


@dataclass(frozen=True, slots=True)
class Request:
    """What one attempt asks for, all at once.

    Attributes:
        id: `run:step:attempt`; asked again, it gets the same answer.
        need: amounts by resource.
        session: the lease that its permits hang on.
        tenant: who shares a fair resource; one is always there, ''.
        arrived_us: when it first asked, so that who is parked again keeps the place; 0 is now.
        message: what is published when it is granted; without one its owner asks for it.
        start_within: seconds after which a grant nobody started goes back in line.
    """

    id: str
    need: Mapping[str, int]
    session: str
    level: int = Priority.NORMAL
    tenant: str = ""
    arrived_us: int = 0
    message: bytes = b""
    start_within: float = 10.0


@dataclass(frozen=True, slots=True)
class Grant:
    """A request that was parked has its permits: publish the message, with the token."""

    id: str
    token: int
    message: bytes


Grants = tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """The permits are the session's, under this token."""

    token: int
    grants: Grants = ()


@dataclass(frozen=True, slots=True)
class Parked:
    """It waits; so many stand before it in line for the first of its resources."""

    position: int
    grants: Grants = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """It does not wait; `retry_after` seconds where time alone decides, else None."""

    retry_after: float | None
    grants: Grants = ()


@dataclass(frozen=True, slots=True)
class Held:
    """It was granted before: to another session, or its message is on the way."""

    token: int
    state: State
    session: str


Answer = Granted | Parked | Busy | Held


class Started(StrEnum):
    """What became of an attempt to start a grant."""

    STARTED = "started"  #: the session holds it
    DUPLICATE = "duplicate"  #: another session does
    STALE = "stale"  #: the token is an older grant's
    PARKED = "parked"  #: it waits again
    GONE = "gone"  #: nothing is known of it


class Ended(StrEnum):
    """What became of an attempt to give back or to withdraw."""

    RELEASED = "released"
    CANCELLED = "cancelled"
    GONE = "gone"  #: nothing was held: it was given back before
    STALE = "stale"  #: the token is not the holder's
    PARKED = "parked"  #: it waits: cancel it
    RUNNING = "running"  #: it runs: release it


@dataclass(frozen=True, slots=True)
class Start:
    """An attempt to start a grant; the token of the holder where it started."""

    outcome: Started
    token: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """A release or a cancellation, and who goes next."""

    outcome: Ended
    grants: Grants = ()


@dataclass(frozen=True, slots=True)
class Resized:
    """A resource was registered or changed.

    Attributes:
        over_by: how much more is held than there is now.
        unsatisfiable: ids that wait for more than there is now; fail them.
    """

    over_by: int = 0
    unsatisfiable: tuple[str, ...] = ()
    grants: Grants = ()
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Suspect:
    """An allocation whose holder is silent, or holds it too long (`OVERDUE`).

    Write into the ledger that the attempt is lost, then `reclaim` it.
    """

    id: str
    token: int
    session: str
    state: State


@dataclass(frozen=True, slots=True)
class Swept:
    """What time has brought.

    Attributes:
        late: ids whose grant nobody started in time; they wait again.
        republish: grants whose publication nobody confirmed.
        unsatisfiable: see `Resized`; again with each round until they are cancelled.
        wake_after: seconds until a quota that somebody waits for comes again, or None.
        gap: seconds that time moved since the last sweep, where that is more than half of a
            lease, which then begins anew; less than 0 when the clock went back.
    """

    grants: Grants
    suspects: tuple[Suspect, ...]
    late: tuple[str, ...]
    republish: Grants
    unsatisfiable: tuple[str, ...]
    wake_after: float | None
    gap: float


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """What was freed; what a resource holds back until its holder's death is confirmed."""

    freed: tuple[str, ...]
    held_back: tuple[str, ...]
    grants: Grants
