"""From what is wanted to what is picked, made and bought: needs held against the stock.

Products are gone through parents first, so that a part which goes into several others has been
asked for by all of them when it is held, once, against what is free. What is short of it is made
and asks for its own materials, or is bought.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from orchestrator.errors import DoNotRetry
from tasks.conversion import convert
from tasks.inventory.bills import Bills
from tasks.values import Id, Quantity, Value, Wanted

NOTHING = Decimal(0)


class ShortagePolicy(StrEnum):
    """What is done about what the stock has not."""

    MAKE = "make"  #: make what has a bill, buy the rest
    BUY = "buy"  #: buy all of it
    REFUSE = "refuse"  #: nothing: whoever asked is told what is short


class MaterialsShort(DoNotRetry):
    """The stock has not enough, and nothing may be made or bought for it."""


class NotMade(DoNotRetry):
    """A product has no bill of materials."""


class PickLine(Value):
    """One line of a pick list: what is needed of a product, and where it comes from."""

    product: Id
    #: as people call it
    code: str
    needed: Quantity
    #: free on the shelf now
    from_stock: Quantity
    #: the rest: to be made or bought
    short: Quantity


class Netting(Value):
    """What comes of holding needs against the stock."""

    #: what goes into others before those
    picks: tuple[PickLine, ...]
    #: what is to be made: all of one wave beside each other, once those before are done
    waves: tuple[tuple[Wanted, ...], ...]
    #: one for each product
    purchases: tuple[Wanted, ...]


def needs_of(orders: Iterable[Wanted], bills: Bills) -> dict[Id, Quantity]:
    """Return what so many orders take together; each rounds up for itself, as it is picked.

    Raises:
        NotMade: one of the products has no bill.
        NotConvertible: a quantity, or a bill, is in a unit that says nothing of its product.
    """
    found: list[Mapping[Id, Quantity]] = []
    for order in orders:
        product = bills.products[order.product]
        if not bills.is_made(product.id):
            raise NotMade(f"{product.code} has no bill of materials: it is bought, not made")
        quantity = convert(order.quantity, product.unit, packs=product.packs)
        found.append(bills.takes(product.id, quantity))
    return sum_of(found)


def sum_of(needs: Iterable[Mapping[Id, Quantity]]) -> dict[Id, Quantity]:
    """Return what several need together, by product."""
    total: dict[Id, Quantity] = {}
    for each in needs:
        for product, quantity in each.items():
            total[product] = total[product] + quantity if product in total else quantity
    return total


def net(
    needs: Mapping[Id, Quantity],
    bills: Bills,
    free: Mapping[Id, Decimal],
    policy: ShortagePolicy = ShortagePolicy.MAKE,
) -> Netting:
    """Hold needs against the stock, level by level.

    Args:
        needs: by product, in its unit.
        free: what is on the shelf and nobody's; below zero when oversold.

    Raises:
        BomCycle: a bill needs what it makes.
        MaterialsShort: something is short, and the policy refuses that.
        NotConvertible: a bill is in a unit that says nothing of its material.
    """
    asked = dict(needs)
    picks: list[PickLine] = []
    made: dict[Id, Wanted] = {}
    purchases: list[Wanted] = []
    for product in _in_order(needs, bills):
        if product not in asked:
            continue
        line = _line(product, asked[product], free, bills)
        picks.append(line)
        if not line.short.amount:
            continue
        short = Wanted(product=product, quantity=line.short)
        if policy is not ShortagePolicy.MAKE or not bills.is_made(product):
            purchases.append(short)
            continue
        made[product] = short
        asked = sum_of([asked, needs_of([short], bills)])
    if purchases and policy is ShortagePolicy.REFUSE:
        told = "; ".join(f"{one.quantity} of {bills.name(one.product)}" for one in purchases)
        raise MaterialsShort(f"the stock lacks {told}: make or buy it, or ask for fewer")
    return Netting(picks=tuple(picks), waves=_waves(made, bills), purchases=tuple(purchases))


def _in_order(needs: Mapping[Id, Quantity], bills: Bills) -> list[Id]:
    known = dict.fromkeys(bills.parents_first())
    return [*known, *(product for product in needs if product not in known)]


def _line(product: Id, needed: Quantity, free: Mapping[Id, Decimal], bills: Bills) -> PickLine:
    there = min(max(free.get(product, NOTHING), NOTHING), needed.amount)
    # Three and a half on the shelf are three to be picked, of what comes whole.
    taken = bills.whole(product, Fraction(there), math.floor)
    return PickLine(
        product=product,
        code=bills.name(product),
        needed=needed,
        from_stock=taken,
        short=needed - taken,
    )


def _waves(made: dict[Id, Wanted], bills: Bills) -> tuple[tuple[Wanted, ...], ...]:
    waves: dict[int, list[Wanted]] = {}
    wave_of: dict[Id, int] = {}
    for product in reversed(made):  # in the order of parents first, so materials come first now
        materials = bills.takes(product, made[product].quantity)
        wave_of[product] = max((wave_of[one] + 1 for one in materials if one in wave_of), default=0)
        waves.setdefault(wave_of[product], []).append(made[product])
    return tuple(tuple(waves[number]) for number in sorted(waves))
