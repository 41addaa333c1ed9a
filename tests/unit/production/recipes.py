"""Small recipes for the tests of production: who is made of what, in few words."""

from decimal import Decimal

from tasks.inventory.bills import Bills
from tasks.inventory.contracts import Component
from tasks.inventory.reconciliation_steps import NamedQuantity
from tasks.values import Product, Quantity, Wanted


def quantity(text: str) -> Quantity:
    """Read `2.5 m`; without a unit it is pieces."""
    amount, _, unit = text.partition(" ")
    return Quantity(amount=Decimal(amount), unit=unit or "pcs")


def product(name: str, unit: str = "pcs", **more) -> Product:
    return Product(id=name, code=name.upper(), name=name, unit=unit, **more)


def line(name: str, taken: str = "1", *, per: str = "1", scrap: str = "0", kit: bool = False):
    return Component(
        product=name,
        quantity=quantity(taken),
        per=quantity(per),
        scrap_percent=Decimal(scrap),
        phantom=kit,
    )


def bills(lines, **units: str) -> Bills:
    """Make bills of `{made: [lines]}`; a product is in pieces unless its unit is given."""
    kits = {one.product for each in lines.values() for one in each if one.phantom}
    names = {*lines, *(one.product for each in lines.values() for one in each)} - kits
    return Bills(lines, {name: product(name, units.get(name, "pcs")) for name in sorted(names)})


def wanted(name: str, amount: str) -> Wanted:
    return Wanted(product=name, quantity=quantity(amount))


def named(name: str, amount: str) -> NamedQuantity:
    return NamedQuantity(code=name.upper(), quantity=quantity(amount))
