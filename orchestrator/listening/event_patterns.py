"""Which events somebody wants to hear of: names, and patterns such as `run.*`."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from orchestrator.errors import ConfigurationError

_PATTERN = re.compile(r"\*|[a-z*]+\.[a-z_*]+")


def matches(patterns: Iterable[str], name: str) -> bool:
    """Say whether one of the patterns fits the name of an event.

    >>> matches(["run.*", "step.failed"], "run.succeeded")
    True
    """
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def check(pattern: str) -> str:
    """Return a pattern that may fit an event.

    Raises:
        ConfigurationError: it fits none.
    """
    if not _PATTERN.fullmatch(pattern):
        raise ConfigurationError(
            f"{pattern!r} fits no event: write a name such as 'step.failed', or a pattern "
            "such as 'run.*', '*.failed' or '*'"
        )
    return pattern
