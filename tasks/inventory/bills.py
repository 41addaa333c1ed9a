"""What making a product takes directly: its kits opened, its scrap added, in each material's unit.

All is counted in fractions and rounded up once a material, at the end: twelve terminals with two
percent of scrap are 12.24 for one panel and 36.72 for three, not three times 13.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from orchestrator.errors import DoNotRetry
from tasks.conversion import ratio, rounded
from tasks.inventory.contracts import Component
from tasks.values import Id, Product, Quantity


class BomCycle(DoNotRetry):
    """A bill of materials needs, through others or by itself, what it makes."""


@dataclass(frozen=True)
class Bills:
    """The bills of materials that something is made by, all levels of them.

    Attributes:
        lines: by what they make, a product or a kit; what is bought has none.
        products: all that is stored, by id; a kit is not.
    """

    lines: Mapping[Id, Sequence[Component]]
    products: Mapping[Id, Product]

    def is_made(self, product: Id) -> bool:
        """Tell whether we make it."""
        return bool(self.lines.get(product))

    def name(self, product: Id) -> str:
        """Return what people call it: its code; a kit's id."""
        known = self.products.get(product)
        return known.code if known else product

    def takes(self, product: Id, quantity: Quantity) -> dict[Id, Quantity]:
        """Return what goes into so many of a product, by material.

        Raises:
            NotConvertible: a line is in a unit that says nothing of its material.
        """
        found: dict[Id, Fraction] = {}
        self._open(product, Fraction(quantity.amount), quantity.unit, found)
        return {
            material: self.whole(material, exact, math.ceil) for material, exact in found.items()
        }

    def whole(self, product: Id, exact: Fraction, rounding: Callable[[Fraction], int]) -> Quantity:
        """Return so many of a product in its unit, as finely as that is counted."""
        about = self.products[product]
        return rounded(exact, about.unit, rounding, digits=about.digits)

    def parents_first(self) -> list[Id]:
        """Return all products and kits, each before what goes into it.

        Raises:
            BomCycle: there is no such order; the circle is named.
        """
        graph = {made: [line.product for line in lines] for made, lines in self.lines.items()}
        try:
            return list(TopologicalSorter(graph).static_order())[::-1]
        except CycleError as error:
            circle = " -> ".join(self.name(one) for one in _from_the_least(error.args[1][:0:-1]))
            raise BomCycle(
                f"a bill of materials needs what it makes: {circle}: take one of them out"
            ) from None

    def _open(self, made: Id, amount: Fraction, unit: str, found: dict[Id, Fraction]) -> None:
        held = self.products[made].packs if made in self.products else ()
        for line in self.lines.get(made, ()):
            batches = amount * ratio(unit, line.per.unit, packs=held) / Fraction(line.per.amount)
            taken = (
                batches * Fraction(line.quantity.amount) * (1 + Fraction(line.scrap_percent) / 100)
            )
            if line.phantom:
                self._open(line.product, taken, line.quantity.unit, found)
                continue
            material = self.products[line.product]
            own = taken * ratio(line.quantity.unit, material.unit, packs=material.packs)
            found[material.id] = found.get(material.id, Fraction(0)) + own


def _from_the_least(circle: list[Id]) -> list[Id]:
    # Whoever reads two messages about one circle sees that it is one.
    start = circle.index(min(circle))
    turned = circle[start:] + circle[:start]
    return [*turned, turned[0]]
