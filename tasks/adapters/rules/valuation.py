"""What goods on the shelf are worth: the moving average, as Tryton's cost method `average` has it.

A product has one unit cost, of four decimals. What comes in is averaged into it; what goes out, and
what of that comes back, leaves it as it is. The worth of a shelf is its amount at that cost, in
whole cents.

Two roundings lose something: the average is cut to four decimals, and each movement is booked in
cents. `drift` says how much a movement has left over, so that the books can write it off in the
open, on an account of its own, and the stock account stays the sum of what the shelves are worth.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from tasks.values import CENT

#: as `price_decimal` of Tryton: another step would make other costs
UNIT_COST_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Shelf:
    """How much of a product there is, and at what cost for one."""

    on_hand: Decimal
    unit_cost: Decimal

    @property
    def worth(self) -> Decimal:
        """Return what all of it is worth, in cents."""
        return cost_of(self.on_hand, self.unit_cost)

    def plus(self, amount: Decimal, unit_cost: Decimal) -> "Shelf":
        """Return the shelf with so much more, which was had at another cost."""
        on_hand = self.on_hand + amount
        paid = self.on_hand * self.unit_cost + amount * unit_cost
        return Shelf(on_hand, (paid / on_hand).quantize(UNIT_COST_STEP, rounding=ROUND_HALF_EVEN))

    def back(self, amount: Decimal) -> "Shelf":
        """Return the shelf with so much more, which was taken from it before."""
        return replace(self, on_hand=self.on_hand + amount)

    def minus(self, amount: Decimal) -> "Shelf":
        """Return the shelf with so much less."""
        return replace(self, on_hand=self.on_hand - amount)


def cost_of(amount: Decimal, unit_cost: Decimal) -> Decimal:
    """Return what so much costs, in cents.

    >>> cost_of(Decimal(3), Decimal("0.1250"))
    Decimal('0.38')
    """
    return (amount * unit_cost).quantize(CENT, rounding=ROUND_HALF_EVEN)


def drift(before: Shelf, after: Shelf, booked: Decimal) -> Decimal:
    """Return what a shelf gained by a movement beyond what was booked for it, in cents.

    >>> drift(Shelf(Decimal(0), Decimal(0)), Shelf(Decimal(3), Decimal("0.3333")), Decimal("1.01"))
    Decimal('-0.01')
    """
    return after.worth - before.worth - booked
