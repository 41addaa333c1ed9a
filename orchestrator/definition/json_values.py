"""What JSON cannot say, and Python can: it must not get into the ledger as something else."""

import math
from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

#: So much of a long text is shown.
_SHOWN = 60


def plain(value: Any, place: str) -> Any:
    """Return a value as plain JSON; pydantic models, dates and Decimals may be in it.

    Args:
        place: what the value is called in the sentence.

    Raises:
        ValueError: it cannot be written as JSON; the sentence names the place in it.
    """
    try:
        written = to_jsonable_python(value)
    except (PydanticSerializationError, ValueError) as error:
        raise ValueError(f"{place!r} cannot be written as JSON: {error}") from error
    refuse_flaws(written, place)
    return written


def refuse_flaws(value: Any, place: str) -> None:
    """Refuse what pydantic lets pass: NaN would be read as null, half a character by nobody.

    Args:
        value: as pydantic dumps it, of mappings, lists and their like, and single values.

    Raises:
        ValueError: one of them is none of JSON; the sentence names its place.
    """
    flaw = next(_flaws(value, place), None)
    if flaw is not None:
        raise ValueError(flaw)


def _flaws(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place!r} is {value!r}, and JSON has no such number"
    elif isinstance(value, str) and not _is_text(value):
        yield f"{place!r} is {_shown(value)}, which has half a character and is no text of JSON"
    elif isinstance(value, list | tuple | set | frozenset):
        for number, element in enumerate(value):
            yield from _flaws(element, f"{place}[{number}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _flaws(name, f"a key of {place}")
            yield from _flaws(inner, f"{place}.{name}")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
