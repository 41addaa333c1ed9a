"""How long a list may be that somebody asks for: one that no reader needs fills the memory."""

from orchestrator.errors import InvalidInput

#: More than this nobody reads; who wants all asks for parts, or asks the ledger's tables.
MOST = 1_000_000


def checked(limit: int) -> int:
    """Return how many are asked for.

    Raises:
        InvalidInput: it is no number that a list may have.
    """
    if type(limit) is int and 1 <= limit <= MOST:
        return limit
    raise InvalidInput(f"a list cannot have at most {limit!r}: ask for 1 to {MOST:,}")
