"""A quantity in another unit: exact, or refused.

    >>> str(convert(Quantity(amount=Decimal(3), unit="dozen"), "pcs"))
    '36 pcs'

Metres, kilograms, litres and hours have their multiples; a dozen is twelve pieces. What goods
are packed in is a dimension of its own: a box is so many pieces only where the product says so.

The arithmetic is pint's with fractions. With Decimal, pint would cut a third of a metre after 28
digits, and what was converted there and back would not be what it was.
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tasks.erp_errors import Rejected
from tasks.values import Pack, Quantity

if TYPE_CHECKING:
    from pint import UnitRegistry

__all__ = ["NotConvertible", "convert", "ratio", "rounded"]

#: Their parts are counted in millionths; all other units come whole.
_MEASURED = """
m = [length]
km = 1000 m
cm = m / 100
mm = m / 1000
kg = [mass]
g = kg / 1000
t = 1000 kg
l = [volume]
ml = l / 1000
h = [time]
min = h / 60
"""
_COUNTED = """
pcs = [pieces]
dozen = 12 pcs
gross = 144 pcs
pair = [pairs]
box = [boxes]
pack = [packs]
roll = [rolls]
can = [cans]
bottle = [bottles]
tube = [tubes]
set = [sets]
pallet = [pallets]
"""
_DIGITS = {line.partition(" ")[0]: 6 for line in _MEASURED.split("\n") if line}


class NotConvertible(Rejected):
    """A quantity cannot be said in a unit, or not exactly."""


def convert(
    quantity: Quantity,
    unit: str,
    *,
    packs: Iterable[Pack] = (),
    rounding: Callable[[Fraction], int] | None = None,
) -> Quantity:
    """Return the quantity in a unit.

    Args:
        packs: what the product is packed in, `product.packs`.
        rounding: for what is not exact in the unit's digits, none for what comes whole and six
            for what is measured: `math.ceil`, `math.floor` or `round`. Without it, that is refused.

    Raises:
        NotConvertible: the units measure two things, one is unknown, or the result is not exact.
    """
    if quantity.unit == unit:
        return quantity
    exact = Fraction(quantity.amount) * ratio(quantity.unit, unit, packs=packs)
    digits = _DIGITS.get(unit, 0)
    if rounding is None and (exact * 10**digits).denominator != 1:
        raise NotConvertible(
            f"{quantity} is {_nearly(exact)} {unit}, which is not exact in {digits} decimals: "
            "say how to round it"
        )
    return rounded(exact, unit, rounding or int)


def ratio(unit: str, other: str, *, packs: Iterable[Pack] = ()) -> Fraction:
    """Return how many of the other unit are in one, exactly.

    >>> str(ratio("pcs", "dozen"))
    '1/12'

    Args:
        packs: what the product is packed in, `product.packs`.

    Raises:
        NotConvertible: the units measure two things, or one is unknown.
    """
    if unit == other:
        return Fraction(1)
    held = {pack.unit: pack.holds for pack in packs}
    contents, opened = _opened(unit, held)
    wanted, closed = _opened(other, held)
    return opened * _factor(contents, wanted) / closed


def rounded(
    exact: Fraction, unit: str, rounding: Callable[[Fraction], int], *, digits: int | None = None
) -> Quantity:
    """Return so many of a unit.

    Args:
        rounding: `math.ceil`, `math.floor` or `round`.
        digits: how many decimals it may have; without it none for what comes whole, else six.
    """
    digits = _DIGITS.get(unit, 0) if digits is None else digits
    return Quantity(amount=_decimal(rounding(exact * 10**digits), digits), unit=unit)


def _opened(unit: str, held: dict[str, Quantity]) -> tuple[str, Fraction]:
    """Return what is in one of the unit, and how much of it."""
    if unit in held:
        return held[unit].unit, Fraction(held[unit].amount)
    return unit, Fraction(1)


@cache
def _factor(source: str, target: str) -> Fraction:
    if source == target:
        return Fraction(1)
    kinds = {unit: _dimension(unit) for unit in (source, target)}
    if kinds[source] != kinds[target]:
        raise NotConvertible(
            f"{source!r} measures {kinds[source]} and {target!r} measures {kinds[target]}: "
            "only the product can say how much of one is in the other"
        )
    factor: Fraction = _registry().convert(Fraction(1), source, target)
    return factor


def _dimension(unit: str) -> str:
    registry = _registry()
    if unit not in registry:
        raise NotConvertible(
            f"the unit {unit!r} is unknown: write one of {', '.join(sorted(_known()))}"
        )
    return str(registry.get_dimensionality(unit)).strip("[]")


def _known() -> list[str]:
    return [line.partition(" ")[0] for line in (_MEASURED + _COUNTED).split("\n") if line]


@cache
def _registry() -> "UnitRegistry[Fraction]":
    # Here and not above: pint takes half a second to load, and most workers never convert.
    from pint import UnitRegistry  # noqa: PLC0415  # see above

    registry: UnitRegistry[Fraction] = UnitRegistry(None, non_int_type=Fraction)
    registry.load_definitions((_MEASURED + _COUNTED).split("\n"))
    return registry


def _decimal(scaled: int, digits: int) -> Decimal:
    # From a text, since it alone is not rounded to the context's 28 digits.
    while digits and scaled % 10 == 0:
        scaled, digits = scaled // 10, digits - 1
    return Decimal(f"{scaled}E-{digits}")


def _nearly(exact: Fraction) -> Decimal:
    return _decimal(math.floor(exact * 10**9), 9)
