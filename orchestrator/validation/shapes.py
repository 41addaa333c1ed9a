"""Shapes: what JSON a type turns into, and what JSON it can be made from.

Results travel as JSON, so a `Customer` of one domain may well become the `Buyer` of
another: what counts is the shape, not the class. Whatever cannot be read off an
annotation (custom serialisers, before-validators, unknown classes) is `Unknown`, which
fits everywhere: a check made before the run may only refuse what it is sure of.
"""

import dataclasses
from collections import OrderedDict, abc, defaultdict, deque
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NewType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    WrapSerializer,
    WrapValidator,
)
from typing_extensions import TypeAliasType

from orchestrator.validation import records


@dataclasses.dataclass(frozen=True)
class Unknown:
    """Anything."""


@dataclasses.dataclass(frozen=True)
class Scalar:
    """One value of a simple type."""

    kind: type


@dataclasses.dataclass(frozen=True)
class Array:
    """A list: the types of its first items, and of all that follow (None: nothing follows)."""

    items: tuple[Any, ...]
    rest: Any | None


@dataclasses.dataclass(frozen=True)
class Table:
    """A mapping from any keys to values of one type."""

    value: Any


@dataclasses.dataclass(frozen=True)
class Record:
    """An object with known fields, and what becomes of others."""

    fields: Mapping[str, records.Field]
    others: Literal["allow", "ignore", "forbid"]


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several types."""

    members: tuple[Any, ...]


Shape = Unknown | Scalar | Array | Table | Record | Choice

#: A type seen from the step that gives it or from the one that takes it.
Side = Literal["gives", "takes"]

SCALARS = frozenset(
    {str, int, float, bool, bytes, Decimal, datetime, date, time, timedelta, UUID, Path, NoneType}
)

_ARRAYS = frozenset(
    {
        *(list, set, frozenset, deque, abc.Sequence, abc.MutableSequence, abc.Iterable),
        *(abc.Collection, abc.Set, abc.MutableSet),
    }
)
_TABLES = frozenset({dict, defaultdict, OrderedDict, abc.Mapping, abc.MutableMapping})

#: Annotations that put code between a type and its JSON.
_CODE = {
    "gives": (PlainSerializer, WrapSerializer),
    "takes": (BeforeValidator, PlainValidator, WrapValidator),
}


def shape_of(annotation: Any, side: Side) -> Shape:
    """Return the shape of a type's JSON, as it is given or as it is taken."""
    annotation = _bare(annotation, side)
    origin = get_origin(annotation) or annotation
    if annotation is None or origin in SCALARS:
        return Scalar(NoneType if annotation is None else origin)
    if origin in (Union, UnionType):
        return Choice(get_args(annotation))
    if origin is Literal:
        return Choice(tuple({type(value) for value in get_args(annotation)}))
    if origin is tuple or origin in _ARRAYS:
        return _array(origin, get_args(annotation))
    if origin in _TABLES:
        return Table((*get_args(annotation), Any, Any)[1])
    return _shape_of_class(annotation, side) if isinstance(annotation, type) else Unknown()


def _bare(annotation: Any, side: Side) -> Any:
    """Take off names and remarks; Any where a remark is code."""
    while True:
        if isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            if any(_is_code(remark, side) for remark in annotation.__metadata__):
                return Any
            annotation = annotation.__origin__
        else:
            return annotation


def _is_code(remark: Any, side: Side) -> bool:
    return isinstance(remark, _CODE[side]) or (
        hasattr(remark, "__get_pydantic_core_schema__") and not isinstance(remark, _KNOWN)
    )


_KNOWN = tuple(kind for kinds in _CODE.values() for kind in kinds)


def _array(origin: Any, arguments: tuple[Any, ...]) -> Array:
    if origin is not tuple or not arguments:
        return Array((), (*arguments, Any)[0])
    if arguments[-1] is Ellipsis:
        return Array((), arguments[0])
    return Array(arguments, None)


def _shape_of_class(kind: type, side: Side) -> Shape:
    if issubclass(kind, BaseModel):
        return _shape_of_model(kind, side)
    if issubclass(kind, Enum):
        return Choice(tuple({type(member.value) for member in kind})) if len(kind) else Unknown()
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind, include_extras=True)
        return Array(tuple(hints.get(name, Any) for name in kind._fields), None)
    if is_typeddict(kind):
        return Record(records.of_typed_dict(kind), "ignore")
    if dataclasses.is_dataclass(kind) and not records.dataclass_has_own_code(kind):
        return Record(records.of_dataclass(kind), "ignore")
    return Unknown()


def _shape_of_model(model: type[BaseModel], side: Side) -> Shape:
    if records.model_has_own_code(model, side):
        return Unknown()
    if model.__pydantic_root_model__:
        return shape_of(model.model_fields["root"].annotation, side)
    return Record(records.of_model(model, side), model.model_config.get("extra") or "ignore")
