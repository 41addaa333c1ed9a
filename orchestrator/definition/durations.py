"""Lengths of time as people write them: `90`, `15 min`, `1 h 30 min`, `3 days`, `P3D`.

They are kept as seconds. A month has no length, so it is no unit: write 30 days, or
wait until a date. A year has none either, but `P1Y` is how pydantic writes 365 days.
"""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

#: Longer than any back office waits, and short enough to be added to any date.
LONGEST = 100 * 365 * 86400.0

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400),
}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_MONTHS = re.compile(r"P[^T]*M")
_ISO: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def seconds(written: object) -> object:
    """Return a length of time in seconds; what is neither is left to be checked as a number.

    >>> seconds("1 h 30 min")
    5400.0

    Raises:
        ValueError: the text is no length of time.
    """
    if isinstance(written, timedelta):
        return written.total_seconds()
    if not isinstance(written, str):
        return written
    if written.startswith("P") and not _MONTHS.match(written):
        try:
            return _ISO.validate_python(written).total_seconds()
        except ValidationError:
            raise _not_a_duration(written) from None
    if not _WHOLE.fullmatch(written):
        raise _not_a_duration(written)
    total = 0.0
    for number, unit in _PART.findall(written):
        if unit not in _UNITS:
            raise _not_a_duration(written)
        total += float(number) * _UNITS[unit]
    return total


def words(length: float) -> str:
    """Return a length of time as a reader says it, its two largest units.

    >>> words(93784)
    '1 d 2 h'
    """
    parts = []
    left = max(0, round(length))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"{max(0.0, length):.1f} s"


def _not_a_duration(written: str) -> ValueError:
    return ValueError(
        f"{written!r} is no length of time: write seconds, or such as '15 min', '2 days', '3 weeks'"
    )


#: A positive length of time in seconds; read from a number or a text.
Duration = Annotated[float, BeforeValidator(seconds), Field(gt=0, le=LONGEST)]
