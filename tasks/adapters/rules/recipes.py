"""What making something takes: the arithmetic of bills of material, whichever ERP keeps them.

Exact until the end, with fractions: a kit in a kit with scrap on both would lose a
thousandth at each step, and a thousandth too much is a metre more on the list.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Line:
    """What goes in: a product, or a kit, whose lines do."""

    part: int
    is_kit: bool
    quantity: Decimal
    unit: str
    scrap_percent: Decimal


@dataclass(frozen=True)
class Recipe:
    """A bill of materials; its lines are for `quantity` of what is made."""

    number: int
    quantity: Decimal
    unit: str
    lines: tuple[Line, ...]


def exact_materials(
    recipe: Recipe, quantity: Decimal | Fraction, open_kit: Callable[[int], Recipe]
) -> dict[int, Fraction]:
    """Return how much of each product so many take, exactly."""
    needed: defaultdict[int, Fraction] = defaultdict(Fraction)
    times = Fraction(quantity) / Fraction(recipe.quantity)
    for line in recipe.lines:
        wanted = times * Fraction(line.quantity) * (1 + Fraction(line.scrap_percent) / 100)
        for product, amount in _taken(line, wanted, open_kit):
            needed[product] += amount
    return dict(needed)


def rounded_up(amount: Fraction, digits: int) -> Decimal:
    """Return the least decimal with so many digits that is not less.

    >>> rounded_up(Fraction(1, 3), digits=2)
    Decimal('0.34')
    """
    return Decimal(math.ceil(amount * 10**digits)).scaleb(-digits)


def _taken(
    line: Line, wanted: Fraction, open_kit: Callable[[int], Recipe]
) -> Iterable[tuple[int, Fraction]]:
    if line.is_kit:
        return exact_materials(open_kit(line.part), wanted, open_kit).items()
    return [(line.part, wanted)]
