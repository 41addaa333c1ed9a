import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter, ValidationError

from orchestrator.validation.typing_fit import WIDENS, NoSuchField, fits, type_name, walk
from tests.unit.odd_types import (
    Checked,
    Coded,
    Colour,
    Lines,
    Odd,
    OtherTree,
    Own,
    OwnModel,
    Sku,
    Spelled,
    Stock,
    Strict,
    T,
    Tree,
)
from tests.unit.shop import Buyer, Customer, Label, Line, Offer, Parcel, Point

SAMPLES: dict[type, list[Any]] = {
    bool: [True, False],
    int: [0, -7, 10**30],
    float: [0.0, 1.5, -1e300],
    Decimal: [Decimal("1.50"), Decimal(-2), Decimal("1E+30")],
    str: ["", "text", "5"],
    bytes: [b"", b"text"],
    Path: [Path("a/b")],
    UUID: [UUID(int=1)],
    date: [date(2026, 2, 28)],
    datetime: [datetime(2026, 2, 28, 3, 4, tzinfo=UTC), datetime(2026, 1, 1)],  # noqa: DTZ001 - both kinds
    time: [time(3, 4, 5), time(3, 4, tzinfo=UTC)],
    timedelta: [timedelta(0), timedelta(days=2, seconds=3), timedelta(days=-1)],
    NoneType: [None],
}


def accepts(target: type, value: Any) -> bool:
    """Say whether pydantic makes a value of the type after a journey as JSON."""
    sent = TypeAdapter(type(value)).dump_python(value, mode="json")
    try:
        TypeAdapter(target).validate_json(json.dumps(sent))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("given", SAMPLES, ids=type_name)
def test_simple_types_fit_exactly_where_pydantic_takes_every_value(given):
    taken_by_pydantic = {
        target
        for target in SAMPLES
        if all(accepts(target, sample) for sample in SAMPLES[given]) and target is not given
    }

    assert WIDENS[given] == taken_by_pydantic


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (Any, int),
        (str, Any),
        (object, T),
        (bool, int),
        (int, int | None),
        (str | None, str),
        (None, str | None),
        (Literal["a", 3], str),
        (str, Literal["a"]),
        (str, Colour),
        (Colour, str),
        (Sku, str),
        (str, Annotated[Sku, Field(max_length=3)]),
        (list[int], Sequence[Decimal]),
        (set[str], list[str]),
        (list[int], tuple[int, ...]),
        (tuple[int, str], list[int | str]),
        (list[int], tuple[int, int]),
        (list[Any], list[int]),
        (list, set[int]),
        (Point, tuple[int, float]),
        (dict[str, int], dict[str, float]),
        (dict[str, Any], Line),
        (dict, dict[str, int]),
        (Customer, Buyer),
        (Buyer, Customer),
        (Label, dict[str, str]),
        (Parcel, Parcel),
        (Tree, OtherTree),
        (Lines, list[Line]),
        (list[Line], Lines),
        (str, Annotated[list[str], BeforeValidator(str.split)]),
        (Annotated[Line, PlainSerializer(str)], str),
        (str, Coded),
        (Coded, int),
        (Odd, Odd),
        (dict[str, str], Odd),
        (Label, Spelled),
        (dict[str, str], Checked),
        (Label, Checked),
        (str, Own),
        (str, OwnModel),
        (Stock, str),
    ],
    ids=type_name,
)
def test_what_may_work_fits(given, taken):
    assert fits(given, taken)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (str, int),
        (str, Decimal),
        (str, date),
        (Decimal, int),
        (float, int),
        (datetime, date),
        (int, str),
        (None, str),
        (int | None, str),
        (Literal["a"], int),
        (Colour, int),
        (list[str], str),
        (str, list[str]),
        (list[str], list[int]),
        (list[str], dict[str, str]),
        (dict[str, str], list[str]),
        (dict[str, str], dict[str, int]),
        (tuple[int, str], list[int]),
        (tuple[int, int], tuple[int, int, int]),
        (list[Line], Line),
        (Line, str),
        (Line, Strict),
        (Customer, Line),
        (Line, dict[str, str]),
        (Label, Line),
        (Parcel, Label),
        (OtherTree, Tree),
        (Odd, int),
    ],
    ids=type_name,
)
def test_what_cannot_work_for_every_value_does_not_fit(given, taken):
    assert not fits(given, taken)


@pytest.mark.parametrize(
    ("annotation", "path", "end"),
    [
        (Offer, "", Offer),
        (Offer, "total", Decimal),
        (Offer, "lines.0.price", Decimal),
        (Offer, "customer.name", str),
        (dict[str, Offer], "x.number", str),
        (tuple[Parcel, Point], "0.size.1", int),
        (tuple[Parcel, Point], "1.1", float),
        (list[Line] | dict[str, Line], "0.sku", str),
        (Lines, "3.sku", str),
        (Label, "text", str),
        (Any, "a.b.c", Any),
        (Coded, "anything", Any),
        (Odd, "number", int),
        (Odd, "double", int),
        (Odd, "secret.deep", Any),
        (Annotated[Offer, "a remark"], "number", str),
    ],
)
def test_a_path_leads_to_the_type_of_what_it_finds(annotation, path, end):
    assert walk(annotation, path.split(".") if path else []) == end


@pytest.mark.parametrize(
    ("annotation", "path", "sentence"),
    [
        (Offer, "totl", "Offer has no 'totl', did you mean 'total'?"),
        (Offer, "lines.first", "list[Line] has no 'first'"),
        (Offer, "total.amount", "Decimal has no 'amount'"),
        (Offer, "customer.phone", "Customer has no 'phone'"),
        (tuple[int, int], "2", "tuple[int, int] has no '2'"),
        (None, "x", "None has no 'x'"),
        (Odd, "hidden", "Odd has no 'hidden'"),
        (Odd, "no", "Odd has no 'no'"),  # results have fields by their own names
        (Offer, "is_large", "Offer has no 'is_large'"),
    ],
)
def test_a_path_that_leads_nowhere_names_where_it_ended(annotation, path, sentence):
    with pytest.raises(NoSuchField) as caught:
        walk(annotation, path.split("."))

    assert str(caught.value) == sentence


def test_a_condition_may_walk_through_properties():
    assert walk(Offer, ["is_large"], properties=True) is Any
    assert walk(Offer, ["due", "year"], properties=True) is Any


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (None, "None"),
        (list[Line], "list[Line]"),
        (Line | None, "Line | None"),
        (Annotated[int, Field(gt=0)], "int"),
        (dict[str, list[Offer]], "dict[str, list[Offer]]"),
        (Literal["a.b"], "Literal['a.b']"),
        (Any, "Any"),
    ],
)
def test_a_type_is_named_as_a_reader_would_write_it(annotation, name):
    assert type_name(annotation) == name
