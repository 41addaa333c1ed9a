"""The kinds of fields that records of Tryton share, each said once for both ways."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from tasks.adapters.field_map import Field
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.wire import decimal_of, float_of
from tasks.values import CENT

S = TypeVar("S", bound=StrEnum)


def key(theirs: str = "reference", ours: str = "key") -> Field:
    """Return the field that keeps a caller's key."""
    return Field(ours, theirs, read=key_of, write=kept_key)


def text(ours: str, theirs: str = "") -> Field:
    """Return a field of text; Tryton has none where ours is empty."""
    return Field(ours, theirs, read=_said, write=_unless_empty)


def quantity(unit: str = "unit.symbol") -> tuple[Field, Field]:
    """Return the fields of how much, and by which unit."""
    amount = Field("quantity.amount", "quantity", read=decimal_of, write=float_of)
    return amount, text("quantity.unit", unit)


def money(ours: str, theirs: str) -> tuple[Field, Field]:
    """Return the fields of an amount of money and of its currency."""
    amount = Field(f"{ours}.amount", theirs, read=price_of)
    return amount, Field(f"{ours}.currency", "currency.code")


def state(states: Mapping[Any, Sequence[str]], theirs: str = "state") -> Field:
    """Return the field of a state.

    Args:
        states: Tryton's for each of ours; the first is the one that ours is written as.
    """
    ours = by_theirs(states)
    return Field("state", theirs, read=ours.__getitem__, write=lambda one: states[one][0])


def by_theirs(states: Mapping[S, Sequence[str]]) -> dict[str, S]:
    """Return our state for each of Tryton's."""
    return {theirs: ours for ours, several in states.items() for theirs in several}


def price_of(amount: Decimal) -> Decimal:
    """Return a price with two decimals where two say it all; Tryton's have four."""
    cents = amount.quantize(CENT)
    return cents if cents == amount else amount.normalize()


def _said(found: str | None) -> str:
    return found or ""


def _unless_empty(said: str) -> str | None:
    return said or None
