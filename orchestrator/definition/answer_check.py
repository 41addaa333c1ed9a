"""Checking an answer before it becomes a step's result: nothing that does not fit is kept."""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from orchestrator.definition import json_values
from orchestrator.definition.answers import FieldType, answer_model
from orchestrator.errors import InvalidAnswer


def plain(answer: Any, *, limit: int) -> str:
    """Return an answer as JSON; pydantic models, dates and Decimals are read as tasks read them.

    Raises:
        InvalidAnswer: it cannot be written as JSON, or has more than `limit` bytes.
    """
    try:
        written = json_values.plain(answer, "answer")
    except ValueError as error:
        raise InvalidAnswer(str(error)) from error
    text = to_json(written)
    if len(text) > limit:
        raise InvalidAnswer(
            f"the answer has {len(text):,} bytes of JSON, and {limit:,} are allowed: store it "
            "elsewhere and answer with a reference, or raise ORCHESTRATOR_RESULT_LIMIT_BYTES"
        )
    return json.dumps(written)  # in ASCII: PostgreSQL keeps no NUL in a text


def fitted(step: str, fields: dict[str, FieldType] | None, text: str) -> str:
    """Return an answer, which is JSON, as the fields of a step's answer read it.

    Raises:
        InvalidAnswer: it does not fit them.
    """
    if fields is None:
        return text
    answer = json.loads(text)
    try:
        read = answer_model(fields).model_validate({} if answer is None else answer)
    except ValidationError as error:
        problems = "; ".join(map(_problem, error.errors()))
        raise InvalidAnswer(
            f"the answer to step {step!r} does not fit: {problems} (it takes {_told(fields)})"
        ) from None
    return json.dumps(read.model_dump(mode="json"))


def _problem(found: Any) -> str:
    place = ".".join(str(part) for part in found["loc"])
    message = found["msg"][:1].lower() + found["msg"][1:]
    return f"{place!r}: {message}" if place else message


def _told(fields: dict[str, FieldType]) -> str:
    return ", ".join(
        f"{name}: {kind if isinstance(kind, str) else ' or '.join(kind)}"
        for name, kind in fields.items()
    )
