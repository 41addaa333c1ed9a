"""Ids as our adapters write them: `offer:12` is row or record 12, read by its adapter alone."""

import re
from collections.abc import Iterable

from tasks.erp_errors import NotFound
from tasks.values import Id


def id_of(kind: str, number: int) -> Id:
    """Return the id of a row or record.

    >>> id_of("offer", 12)
    'offer:12'
    """
    return f"{kind}:{number}"


def number_of(kind: str, record: Id) -> int:
    """Return its number in the ERP.

    Raises:
        NotFound: it is no id of this kind, so nothing has it.
    """
    number = _number(kind, record)
    if number is None:
        raise no_such(kind, record)
    return number


def no_such(kind: str, record: Id) -> NotFound:
    """Return the error that says so."""
    return NotFound(f"no {kind.replace('_', ' ')} has the id {record!r}")


def numbers_of(kind: str, records: Iterable[Id]) -> dict[int, Id]:
    """Return the ids of this kind by their numbers; the others are left out."""
    numbers = ((_number(kind, record), record) for record in records)
    return {number: record for number, record in numbers if number is not None}


def _number(kind: str, record: Id) -> int | None:
    # Nine digits: a tenth may not fit the column, and the databases differ in what they
    # say to that. Without a leading zero: one row has one id.
    match = re.fullmatch(rf"{kind}:([1-9][0-9]{{0,8}})", record)
    return int(match[1]) if match else None
