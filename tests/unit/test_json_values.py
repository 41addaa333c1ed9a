"""What JSON cannot say: refused where a task gives it, and named by its place."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.declare import Task
from orchestrator.definition.json_values import plain


class Quote(BaseModel):
    """A result."""

    net: float | None


@dataclass
class Line:
    """Another."""

    net: float


def giving(kind: Any) -> Task:
    def give() -> Any:
        raise NotImplementedError

    give.__annotations__ = {"return": kind}
    return Task("sales.give", give)


@pytest.mark.parametrize(
    ("kind", "result", "place"),
    [
        (float, math.nan, "result"),
        (Quote, Quote(net=math.inf), "result.net"),
        (list[Line], [Line(1.0), Line(-math.inf)], "result[1].net"),
        (Any, {"a": (0, math.nan)}, "result.a[1]"),
    ],
)
def test_a_result_that_json_cannot_say_is_no_null(kind: Any, result: Any, place: str) -> None:
    with pytest.raises(
        ValueError, match=r"is (nan|inf|-inf), and JSON has no such number"
    ) as caught:
        giving(kind).write_result(result)

    assert str(caught.value).startswith(repr(place))


def test_a_result_may_be_null_where_it_is_none() -> None:
    assert giving(Quote).write_result(Quote(net=None)) == '{"net":null}'
    assert giving(str).write_result("nullable") == '"nullable"'


def test_a_long_text_is_shown_in_part() -> None:
    with pytest.raises(ValueError, match="has half a character") as caught:
        plain("\ud800" + "x" * 5000, "note")

    assert len(str(caught.value)) < 200
