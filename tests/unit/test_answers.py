import datetime as dt
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.definition.answers import AnswerFields, answer_model

FIELDS = TypeAdapter(AnswerFields)


def model(**fields):
    return answer_model(FIELDS.validate_python(fields))


def test_an_answer_is_read_by_the_types_of_its_fields():
    answer = model(
        name="text",
        count="integer",
        sum="number",
        approved="boolean",
        day="date",
        at="time",
        lines="list",
        rest="object",
        odd="any",
        way=["air", "sea"],
    ).model_validate_json(
        '{"name": "Ann", "count": 3, "sum": "1.50", "approved": true, "day": "2026-02-28",'
        ' "at": "2026-02-28T03:04:05Z", "lines": [1], "rest": {"a": 1}, "odd": null, "way": "sea"}'
    )

    assert answer.model_dump() == {
        "name": "Ann",
        "count": 3,
        "sum": Decimal("1.50"),
        "approved": True,
        "day": dt.date(2026, 2, 28),
        "at": dt.datetime(2026, 2, 28, 3, 4, 5, tzinfo=dt.UTC),
        "lines": [1],
        "rest": {"a": 1},
        "odd": None,
        "way": "sea",
    }


def test_only_what_has_a_question_mark_may_be_left_out():
    kind = model(approved="boolean", note="optional text", more="optional any")

    assert kind.model_validate({"approved": False}).model_dump() == {
        "approved": False,
        "note": None,
        "more": None,
    }
    with pytest.raises(ValidationError, match="approved\n"):
        kind.model_validate({"note": "x"})


@pytest.mark.parametrize("wrong", [{"way": "rail"}, {"way": "air", "price": 1}, {"way": ["air"]}])
def test_an_answer_that_was_not_asked_for_is_refused(wrong):
    with pytest.raises(ValidationError):
        model(way=["air", "sea"]).model_validate(wrong)


def test_the_same_fields_are_one_model():
    assert model(a="text", b=["x"]) is model(b=["x"], a="text")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "an answer without fields says nothing: leave `answer` out to take any"),
        ({"a b": "text"}, "'a b' is no name of an answer's field: use letters and digits"),
        ({"_a": "text"}, "'_a' is no name of an answer's field"),
        ({3: "text"}, "3 is no name of an answer's field"),
        ({"copy": "text"}, "'copy' is a word of pydantic's models: call the answer's field"),
        ({"a": "txt"}, "'txt' is no type of an answer's field: it is one of text, integer"),
        (
            {"a": "optional optional text"},
            "'optional optional text' is no type of an answer's field",
        ),
        ({"a": 3}, "3 is no type of an answer's field"),
        ({"a": []}, r"\[\] is no type of an answer's field"),
        ({"a": ["x", 3]}, r"\['x', 3\] is no type of an answer's field"),
    ],
)
def test_fields_that_make_no_answer_are_refused(fields, sentence):
    with pytest.raises(ValidationError, match=sentence.replace("?", r"\?")):
        FIELDS.validate_python(fields)


def test_what_is_no_mapping_is_no_answer():
    with pytest.raises(ValidationError, match="should be a valid dictionary"):
        FIELDS.validate_python(["text"])
