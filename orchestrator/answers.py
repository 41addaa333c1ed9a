"""Typed answers: which fields the answer to a waiting step has.

    answer: {approved: boolean, note: text?, priority: [low, normal, high]}

A type is one of the names below, with `?` where the field may be left out, or a list of
texts to choose from. `answer_model` makes a pydantic model of the fields, so an answer
is checked, and what refers to it is, as any task's result is.
"""

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, create_model

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

FieldType = str | tuple[str, ...]


def _check(fields: dict[str, FieldType]) -> dict[str, FieldType]:
    if not fields:
        raise ValueError("an answer without fields says nothing: leave `answer` out to take any")
    for name, kind in fields.items():
        if not name.isidentifier() or name.startswith("_"):
            raise ValueError(f"{name!r} is no name of an answer's field: use letters and digits")
        if isinstance(kind, str) and kind.removesuffix("?") not in _TYPES:
            raise ValueError(
                f"{kind!r} is no type of an answer's field: it is one of {', '.join(_TYPES)}, "
                "with ? if it may be left out, or a list of texts"
            )
    return fields


#: Field name to type.
AnswerFields = Annotated[dict[str, FieldType], AfterValidator(_check)]


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
    annotation = _TYPES[kind.removesuffix("?")]
    return (
        (annotation | None, None)
        if kind.endswith("?") and annotation is not Any
        else (
            annotation,
            None if kind.endswith("?") else ...,
        )
    )
