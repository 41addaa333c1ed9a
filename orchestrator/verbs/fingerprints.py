"""What makes two errors the same kind: where, which class, and the words without the values."""

import re

#: What a run's error adds to why it failed; see `aftermath`.
_AFTERMATH = re.compile(r"; (?:undone|stands): .*", re.DOTALL)

_FAILED_STEP = re.compile(
    r"step '[^']*' failed: (?:(?P<type>[A-Z]\w*): )?(?P<message>.*)", re.DOTALL
)

#: Quoted texts, ids of hexadecimal digits, and numbers: what differs from run to run.
_VALUES = re.compile(
    r"'[^']*'|\"[^\"]*\"|\b(?=\w*\d)[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]+)*\b|\d+(?:[.,:]\d+)*"
)


def error_type(error: str) -> str | None:
    """Return the class that a run's error names.

    >>> error_type("step 'charge' failed: NoCredit: customer 4711 owes 12.50")
    'NoCredit'
    """
    match = _FAILED_STEP.match(error)
    return match["type"] if match else None


def fingerprint(error: str) -> str:
    """Return an error's class and words with a `#` in the place of each value.

    >>> fingerprint("step 'charge' failed: NoCredit: customer 4711 owes 12.50")
    'NoCredit: customer # owes #'
    """
    bare = _AFTERMATH.sub("", error)
    match = _FAILED_STEP.match(bare)
    words = _VALUES.sub("#", match["message"] if match else bare)
    kind = f"{match['type']}: " if match and match["type"] else ""
    return f"{kind}{' '.join(words.split())}"
