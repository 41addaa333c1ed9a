"""Tryton's JSON: exact numbers, dates, spans of time and bytes as objects with a `__class__`.

Tryton has two kinds of numbers, and takes no one for the other: a *numeric* field (prices,
amounts, rates of tax) is a `Decimal` and refuses floats, a *float* field (quantities) is a float.
`float_of` and `decimal_of` go between them without a digit more or less than people wrote.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

#: What Tryton keeps of a thing: fields by name. Which there are, and of what type, is for Tryton's
#: modules to say; a record never leaves the adapter, which makes one of our values of it.
Record = dict[str, Any]

_TIME = ("hour", "minute", "second", "microsecond")
_DAY = ("year", "month", "day")


def dumps(document: object) -> str:
    """Return what a client sends.

    Raises:
        TypeError: there is something in it that Tryton has no words for.
        ValueError: a float in it is no number.
    """
    return json.dumps(document, default=_encoded, allow_nan=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """Return what a server answered.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, object_hook=_decoded)


def float_of(amount: Decimal) -> float:
    """Return a quantity as Tryton wants it."""
    return float(amount)


def decimal_of(amount: float) -> Decimal:
    """Return a quantity of Tryton's as it was written.

    >>> decimal_of(0.1), decimal_of(12.0)
    (Decimal('0.1'), Decimal('12'))
    """
    exact = Decimal(repr(amount))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact


def _encoded(value: object) -> object:
    # A datetime is a date too: the more particular one comes first.
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"Tryton takes no {type(value).__name__}: {value!r}")


def _decoded(document: dict[str, Any]) -> Any:
    decode = _DECODERS.get(document.get("__class__", ""))
    return document if decode is None else decode(document)


def _parts(name: str, value: object, parts: tuple[str, ...]) -> Record:
    return {"__class__": name, **{part: getattr(value, part) for part in parts}}


_ENCODERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (Decimal, lambda value: {"__class__": "Decimal", "decimal": str(value)}),
    (dt.datetime, lambda value: _parts("datetime", value, _DAY + _TIME)),
    (dt.date, lambda value: _parts("date", value, _DAY)),
    (dt.time, lambda value: _parts("time", value, _TIME)),
    (dt.timedelta, lambda value: {"__class__": "timedelta", "seconds": value.total_seconds()}),
    (bytes, lambda value: {"__class__": "bytes", "base64": base64.b64encode(value).decode()}),
    ((set, frozenset), list),
    (Mapping, dict),
)

_DECODERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "Decimal": lambda found: Decimal(found["decimal"]),
    "datetime": lambda found: dt.datetime(*(found[part] for part in _DAY + _TIME)),  # noqa: DTZ001 (Tryton's are UTC, and say so nowhere)
    "date": lambda found: dt.date(*(found[part] for part in _DAY)),
    "time": lambda found: dt.time(*(found[part] for part in _TIME)),
    "timedelta": lambda found: dt.timedelta(seconds=found["seconds"]),
    "bytes": lambda found: base64.b64decode(found["base64"]),
}
