"""The last words of an error about an unknown name: the name that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'reserve'?` for the nearest known name, or nothing.

    >>> did_you_mean("resrve", ["charge", "reserve"])
    ", did you mean 'reserve'?"
    """
    nearest = get_close_matches(name, sorted(known), n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else ""
