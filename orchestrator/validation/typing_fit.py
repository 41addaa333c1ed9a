"""Does what one step gives fit what another takes? Decided on types, before anything runs.

Refused is what fails for certain, and what would work for some values only: a text is
no number although "5" would do, a Decimal no integer although 2.0 would. An optional
field fits: a `when` may guard the step, and a None that arrives all the same is refused
when the step is called.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Union, get_origin
from uuid import UUID

from orchestrator.suggestion import did_you_mean
from orchestrator.validation.shapes import (
    Array,
    Choice,
    Record,
    Scalar,
    Shape,
    Table,
    Unknown,
    shape_of,
)

#: What else pydantic makes of the JSON of a simple type, whatever its value.
WIDENS: dict[type, frozenset[type]] = {
    bool: frozenset({int, float}),
    int: frozenset({float, Decimal}),
    float: frozenset({Decimal}),
    Decimal: frozenset({str, bytes, float, Path}),
    str: frozenset({bytes, Path}),
    bytes: frozenset({str, Path}),
    Path: frozenset({str, bytes}),
    UUID: frozenset({str, bytes, Path}),
    date: frozenset({str, bytes, Path, datetime}),
    datetime: frozenset({str, bytes, Path}),
    time: frozenset({str, bytes, Path}),
    timedelta: frozenset({str, bytes, Path}),
    NoneType: frozenset(),
}


#: Modules before a name; texts in quotes, as in `Literal['a.b']`, are kept as they are.
_MODULES = re.compile(r"('[^']*')|(?:\w+\.|<locals>\.)+(?=\w)")


class NoSuchField(LookupError):
    """A path leads to a field that the type does not have."""

    def __init__(self, holder: Any, key: str, known: Sequence[str] = ()) -> None:
        super().__init__(f"{type_name(holder)} has no {key!r}{did_you_mean(key, known)}")


def walk(annotation: Any, path: Sequence[str], *, properties: bool = False) -> Any:
    """Return the type at the end of a path through a type.

    Args:
        annotation: where the path begins.
        path: fields and places in lists, as references have them.
        properties: let the path go through any attribute that a class has, as conditions may.

    Raises:
        NoSuchField: the path leads nowhere.
    """
    for key in path:
        try:
            annotation = _member(annotation, key)
        except NoSuchField:
            if not (properties and hasattr(annotation, key)):
                raise
            return Any
    return annotation


def fits(given: Any, taken: Any) -> bool:
    """Say whether a value of the given type, as JSON, makes a value of the taken type.

    >>> fits(int, Decimal), fits(str, int)
    (True, False)
    """
    return _fits(given, taken, frozenset())


def element_of(annotation: Any) -> Any:
    """Return the type of the elements of a list; Any where that is not known.

    >>> element_of(list[int] | None)
    <class 'int'>
    """
    match shape_of(annotation, "gives"):
        case Array(items, rest):
            kinds = items if rest is None else (*items, rest)
        case Choice(members):
            kinds = tuple(element_of(member) for member in members if fits(member, list[Any]))
        case _:
            kinds = ()
    return Union[kinds] if kinds else Any  # noqa: UP007 - made from a list


def type_name(annotation: Any) -> str:
    """Return a type as a reader would write it, without modules and remarks."""
    if get_origin(annotation) is Annotated:
        return type_name(annotation.__origin__)
    if annotation is None or annotation is NoneType:
        return "None"
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__qualname__.rpartition(".")[2]
    return _MODULES.sub(lambda found: found[1] or "", str(annotation)).replace("NoneType", "None")


def _member(annotation: Any, key: str) -> Any:
    match shape_of(annotation, "gives"):
        case Unknown():
            return Any
        case Table(value):
            return value
        case Record(fields, others) if key in fields or others == "allow":
            return fields[key].annotation if key in fields else Any
        case Record(fields):
            raise NoSuchField(annotation, key, tuple(fields))
        case Array(items, rest) if key.isdecimal() and (int(key) < len(items) or rest is not None):
            return items[int(key)] if int(key) < len(items) else rest
        case Choice(members):
            return _member_of_any(annotation, members, key)
    raise NoSuchField(annotation, key)


def _member_of_any(annotation: Any, members: tuple[Any, ...], key: str) -> Any:
    found = []
    refusal: NoSuchField | None = None
    for member in members:
        try:
            found.append(_member(member, key))
        except NoSuchField as error:
            refusal = refusal if member is NoneType else error
    if not found:
        raise refusal or NoSuchField(annotation, key)
    return Union[tuple(found)]  # noqa: UP007 - made from a list


def _fits(given: Any, taken: Any, assumed: frozenset[tuple[Any, Any]]) -> bool:
    """Compare two types; pairs that are under comparison further out are assumed to fit."""
    if given is taken or (id(given), id(taken)) in assumed:
        return True
    assumed |= {(id(given), id(taken))}
    source, target = shape_of(given, "gives"), shape_of(taken, "takes")
    if isinstance(source, Unknown) or isinstance(target, Unknown):
        return True
    if isinstance(source, Choice):
        return any(_fits(member, taken, assumed) for member in source.members)
    if isinstance(target, Choice):
        return any(_fits(given, member, assumed) for member in target.members)
    return _shapes_fit(source, target, assumed)


def _shapes_fit(source: Shape, target: Shape, assumed: frozenset[tuple[Any, Any]]) -> bool:
    match source, target:
        case Scalar(kind), Scalar(other):
            return kind is other or other in WIDENS[kind]
        case Array(), Array():
            return _arrays_fit(source, target, assumed)
        case ((Table() | Record()), Table(value)):
            return all(_fits(given, value, assumed) for given in _values(source))
        case Record(), Record():
            return _records_fit(source, target, assumed)
    # A mapping may have the right keys; only the run can tell.
    return isinstance(source, Table) and isinstance(target, Record)


def _values(source: Table | Record) -> list[Any]:
    if isinstance(source, Table):
        return [source.value]
    return [field.annotation for field in source.fields.values()]


def _arrays_fit(source: Array, target: Array, assumed: frozenset[tuple[Any, Any]]) -> bool:
    if target.rest is None and source.rest is None and len(source.items) != len(target.items):
        return False
    width = max(len(source.items), len(target.items), 1)
    pairs = [(_item(source, place), _item(target, place)) for place in range(width)]
    return all(
        _fits(given, taken, assumed)
        for given, taken in pairs
        if given is not None and taken is not None
    )


def _item(array: Array, place: int) -> Any | None:
    return array.items[place] if place < len(array.items) else array.rest


def _records_fit(source: Record, target: Record, assumed: frozenset[tuple[Any, Any]]) -> bool:
    for name, field in target.fields.items():
        if name in source.fields:
            if not _fits(source.fields[name].annotation, field.annotation, assumed):
                return False
        elif field.required and source.others != "allow":
            return False
    certain = {name for name, field in source.fields.items() if field.required}
    return target.others != "forbid" or certain <= target.fields.keys()
