"""Where the adapters keep our fields: whatever a map writes, it reads back.

An adapter's maps are tried without its ERP: a value of any kind goes through each and back.
"""

import builtins
import datetime as dt
import types
import typing
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from tasks.adapters.embedded import desk
from tasks.adapters.embedded import projects as embedded_projects
from tasks.adapters.embedded import sales as embedded_sales
from tasks.adapters.field_map import Field, FieldMap
from tasks.adapters.ids import id_of
from tasks.adapters.tryton import invoicing, production, sales, stock
from tasks.values import Money, Quantity, Value

#: every adapter's, by the package that lists them
FIELD_MAPS = [
    *embedded_sales.FIELD_MAPS,
    *desk.FIELD_MAPS,
    *embedded_projects.FIELD_MAPS,
    *sales.FIELD_MAPS,
    *stock.FIELD_MAPS,
    *invoicing.FIELD_MAPS,
    *production.FIELD_MAPS,
]

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
NUMBERS = st.integers(1, 999_999_999)
QUANTITIES = st.decimals(0, 10**9, places=3)
PRICES = st.decimals(0, 10**9, places=4)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 100),
    bool: st.booleans(),
    bytes: st.binary(max_size=30),
    Decimal: st.decimals(0, 100, places=2),
    types.NoneType: st.none(),
    dt.date: st.dates(),
    dt.time: st.times(),
    dt.datetime: st.datetimes(timezones=st.just(dt.UTC)),
    dt.timedelta: st.timedeltas(dt.timedelta(0), dt.timedelta(days=99)),
    # One currency, as a record has it, and not the one that is taken where none is said.
    Money: st.builds(Money, amount=PRICES, currency=st.just("SEK")),
    Quantity: st.builds(Quantity, amount=QUANTITIES, unit=st.sampled_from(["pcs", "m"])),
}


def kind_of(field: Field) -> str:
    """Return the kind of ids that a field reads, `partial(…, kind)`; empty where there is none."""
    return field.read.args[0] if isinstance(field.read, partial) else ""


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's type."""
    inner = get_args(kind)
    match get_origin(kind):
        case typing.Annotated:
            found = of_type(inner[0])
        case typing.Union | types.UnionType:
            found = st.one_of([of_type(one) for one in inner])
        case builtins.tuple:
            found = st.lists(of_type(inner[0]), max_size=3).map(tuple)
        case builtins.dict:
            found = st.dictionaries(of_type(inner[0]), of_type(inner[1]), max_size=3)
        case builtins.frozenset:
            found = st.frozensets(of_type(inner[0]), max_size=3)
        case _ if kind in PLAIN:
            found = PLAIN[kind]
        case _:
            found = st.sampled_from(kind) if issubclass(kind, Enum) else values(kind)
    return found


def of_field(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Return values of a field, no less and no more than it lets them be."""
    most = [limit.le for limit in field.metadata if isinstance(limit, Le)]
    numbers = st.integers if field.annotation is int else partial(st.decimals, places=2)
    drawn = numbers(0, min(most)) if most else of_type(field.annotation)
    return drawn.filter(lambda one: all(keeps(limit, one) for limit in field.metadata))


def keeps(limit: Any, one: Any) -> bool:
    """Tell whether a value is no less than a field lets it be."""
    match limit:
        case Ge():
            return bool(one >= limit.ge)
        case Gt():
            return bool(one > limit.gt)
    return True


def values(kind: type[Value], *fields: Field) -> st.SearchStrategy[Value]:
    """Return values of a kind, whose ids are what the fields read."""
    drawn = {name: of_field(field) for name, field in kind.model_fields.items()}
    kinds = {field.ours: kind_of(field) for field in fields if kind_of(field)}
    ids = {name: NUMBERS.map(partial(id_of, found)) for name, found in kinds.items()}
    return st.builds(kind, **drawn | ids)


def left_out(fields: FieldMap[Any], value: Value) -> dict[str, Any]:
    """Return the fields of a value that a map leaves to other records."""
    written = {field.ours.partition(".")[0] for field in fields.fields}
    return {name: getattr(value, name) for name in type(value).model_fields if name not in written}


@pytest.mark.parametrize("fields", FIELD_MAPS, ids=lambda fields: fields.record)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_map_writes_it_reads_back(fields, data):
    value = data.draw(values(fields.value, *fields.fields))

    record = fields.write(value)

    assert set(record) == set(fields.asked)
    assert fields.read(record, **left_out(fields, value)) == value


@pytest.mark.parametrize("fields", FIELD_MAPS, ids=lambda fields: fields.record)
def test_a_map_speaks_of_fields_that_there_are(fields):
    assert {field.ours.partition(".")[0] for field in fields.fields} <= set(
        fields.value.model_fields
    )
