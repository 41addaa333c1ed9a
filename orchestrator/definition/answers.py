"""Typed answers: which fields the answer to a waiting step has.

    answer: {approved: boolean, note: optional text, priority: [low, normal, high]}

A type is one of the names below, after `optional` where the field may be left out, or a
list of texts to choose from. `answer_model` makes a pydantic model of the fields, so an answer
is checked, and what refers to it is, as any task's result is.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model

_TYPES: dict[str, Any] = {
    "text": str,
    "integer": int,
    "number": Decimal,
    "boolean": bool,
    "date": dt.date,
    "time": dt.datetime,
    "list": list[Any],
    "object": dict[str, Any],
    "any": Any,
}

#: Before the type of a field that may be left out.
_OPTIONAL = "optional "

FieldType = str | tuple[str, ...]


def _check(fields: object) -> object:
    if not isinstance(fields, Mapping):
        return fields
    if not fields:
        raise ValueError("an answer without fields says nothing: leave `answer` out to take any")
    for name, kind in fields.items():
        if not str(name).isidentifier() or str(name).startswith("_"):
            raise ValueError(f"{name!r} is no name of an answer's field: use letters and digits")
        if hasattr(BaseModel, name):
            raise ValueError(
                f"{name!r} is a word of pydantic's models: call the answer's field otherwise"
            )
        if not _is_type(kind):
            raise ValueError(
                f"{kind!r} is no type of an answer's field: it is one of {', '.join(_TYPES)}, "
                "after 'optional ' if it may be left out, or a list of texts"
            )
    return fields


def _is_type(kind: object) -> bool:
    if isinstance(kind, str):
        return kind.removeprefix(_OPTIONAL) in _TYPES
    return isinstance(kind, list | tuple) and bool(kind) and all(isinstance(k, str) for k in kind)


#: Field name to type.
AnswerFields = Annotated[dict[str, FieldType], BeforeValidator(_check)]


def answer_model(fields: dict[str, FieldType]) -> type[BaseModel]:
    """Return the model of an answer with these fields; an unknown field is refused."""
    return _model(tuple(sorted(fields.items())))


@lru_cache(maxsize=256)
def _model(fields: tuple[tuple[str, FieldType], ...]) -> type[BaseModel]:
    definitions: dict[str, Any] = {name: _definition(kind) for name, kind in fields}
    config = ConfigDict(extra="forbid", frozen=True)
    return create_model("Answer", __config__=config, **definitions)


def _definition(kind: FieldType) -> tuple[Any, Any]:
    if not isinstance(kind, str):
        return Literal[kind], ...
    annotation = _TYPES[kind.removeprefix(_OPTIONAL)]
    if not kind.startswith(_OPTIONAL):
        return annotation, ...
    return (annotation if annotation is Any else annotation | None), None
