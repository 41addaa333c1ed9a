"""Answers: written as JSON, read by their fields, refused by the names of these."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.definition.answer_check import fitted, plain
from orchestrator.errors import InvalidAnswer


class Line(BaseModel):
    """A value that JSON numbers would spoil."""

    net: Decimal
    day: dt.date


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5, "x"]}, '{"a": [1, 2.5, "x"]}'),
        (
            Line(net=Decimal("1.10"), day=dt.date(2028, 2, 29)),
            '{"net": "1.10", "day": "2028-02-29"}',
        ),
        ({"a": "\0é"}, '{"a": "\\u0000\\u00e9"}'),
    ],
)
def test_an_answer_is_written_as_plain_json(answer: Any, text: str) -> None:
    assert plain(answer, limit=1000) == text


@pytest.mark.parametrize("answer", [object(), {"a": {1, object()}}])
def test_what_no_json_can_hold_is_refused(answer: Any) -> None:
    with pytest.raises(InvalidAnswer, match="'answer' cannot be written as JSON"):
        plain(answer, limit=1000)


def test_an_answer_is_refused_by_its_bytes_not_its_characters() -> None:
    assert plain("é" * 4, limit=10) == json.dumps("é" * 4)
    with pytest.raises(InvalidAnswer, match=r"has 12 bytes of JSON, and 10 are allowed"):
        plain("é" * 5, limit=10)


def test_without_fields_any_answer_will_do() -> None:
    assert fitted("ask", None, '[1, {"a": 2}]') == '[1, {"a": 2}]'


def test_fields_are_read_as_their_types_and_those_left_out_are_null() -> None:
    fields = {"total": "number", "day": "date", "level": ("low", "high"), "note": "optional text"}

    read = fitted("ask", fields, '{"total": 1.5, "day": "2028-02-29", "level": "low"}')

    assert json.loads(read) == {
        "total": "1.5",
        "day": "2028-02-29",
        "level": "low",
        "note": None,
    }


def test_an_answer_of_optional_fields_may_be_nothing_at_all() -> None:
    assert fitted("ask", {"note": "optional text"}, "null") == '{"note": null}'


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(InvalidAnswer) as refused:
        fitted("ask", {"total": "integer", "level": ("low", "high")}, '{"level": "mid"}')

    assert str(refused.value) == (
        "the answer to step 'ask' does not fit: 'level': input should be 'low' or 'high'; "
        "'total': field required (it takes total: integer, level: low or high)"
    )


def test_what_has_no_fields_is_refused_where_some_are_asked_for() -> None:
    with pytest.raises(InvalidAnswer, match="input should be a valid dictionary"):
        fitted("ask", {"approved": "boolean"}, "true")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"net": [1.0, float("nan")]}, r"'answer\.net\[1\]' is nan, and JSON has no such number"),
        ({"name": "half \ud800"}, r"'answer\.name' is 'half \\ud800', which has half a character"),
        (float("-inf"), "'answer' is -inf"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(answer: Any, sentence: str) -> None:
    with pytest.raises(InvalidAnswer, match=sentence):
        plain(answer, limit=1000)
