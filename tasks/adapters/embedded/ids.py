"""Ids of the embedded ERP: `offer:12`, read by nobody else."""

from collections.abc import Iterable

from tasks.erp_errors import NotFound
from tasks.values import Id


def id_of(kind: str, number: int) -> Id:
    """Return the id of a row.

    >>> id_of("offer", 12)
    'offer:12'
    """
    return f"{kind}:{number}"


def number_of(kind: str, record: Id) -> int:
    """Return the row's number.

    Raises:
        NotFound: it is no id of this kind, so nothing has it.
    """
    prefix, _, digits = record.partition(":")
    if prefix != kind or not (digits.isascii() and digits.isdecimal()):
        raise NotFound(f"no {kind} has the id {record!r}")
    return int(digits)


def numbers_of(kind: str, records: Iterable[Id]) -> dict[int, Id]:
    """Return the numbers of those that are ids of this kind; the others are left out."""
    found = {}
    for record in records:
        prefix, _, digits = record.partition(":")
        if prefix == kind and digits.isascii() and digits.isdecimal():
            found[int(digits)] = record
    return found
