"""Why there is no permit; each says whether to come again.

Unavailable
├── PermitsClosed       nothing is granted until the domain is rebuilt or the epoch read again
└── PermitUnavailable   it was not granted in time; try again
InvalidInput
├── UnknownResource     nobody has registered it
└── InvalidAmount       it is no amount of the resource, or more than there ever is
LostRace
└── SessionEnded        the session has no lease: beat first, and look what it lost
"""

from enum import StrEnum

from orchestrator.capacity.replies import Grants
from orchestrator.errors import InvalidInput, LostRace, Unavailable


class Closed(StrEnum):
    """Why a domain grants nothing."""

    NO_STATE = "nostate"  #: Redis knows nothing of it: it was emptied, or is a new one
    EPOCH = "epoch"  #: somebody has rebuilt it since; read the epoch again
    REBUILDING = "closed"  #: somebody rebuilds it now
    ROLLBACK = "rollback"  #: Redis has lost writes: a replica took over


_SENTENCES = {
    Closed.NO_STATE: "Redis has no permits of it: rebuild them from the ledger",
    Closed.EPOCH: "its permits were rebuilt since: read the epoch again",
    Closed.REBUILDING: "its permits are being rebuilt: try again in a moment",
    Closed.ROLLBACK: "Redis has lost writes, a replica took over: rebuild them from the ledger",
}


class PermitsClosed(Unavailable):
    """The domain grants nothing as it is; nothing has happened.

    Attributes:
        domain: its name.
        why: which of the four it is.
    """

    def __init__(self, domain: str, why: Closed) -> None:
        super().__init__(domain, why)
        self.domain = domain
        self.why = Closed(why)

    def __str__(self) -> str:
        """Return why, and what to do."""
        return f"domain {self.domain!r} grants nothing: {_SENTENCES[self.why]}"


class PermitUnavailable(Unavailable):
    """The permits were not free in time; the request was withdrawn.

    Attributes:
        grants: what others were granted meanwhile; publish their messages.
    """

    def __init__(self, sentence: str, grants: Grants = ()) -> None:
        super().__init__(sentence, grants)
        self.grants = grants

    def __str__(self) -> str:
        """Return the sentence alone."""
        return str(self.args[0])


class UnknownResource(InvalidInput):
    """Nobody has registered a resource of this name."""


class InvalidAmount(InvalidInput):
    """It is no amount of the resource, or more than there ever is."""


class SessionEnded(LostRace):
    """The session has no lease: whatever it held is suspect, or somebody else's."""
