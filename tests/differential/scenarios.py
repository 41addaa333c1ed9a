"""Two ERPs side by side: the same is done to both, and what comes of it is compared.

    def test_it(both, chance):
        code = chance.choice(both.codes)
        both.agree(lambda side: side.erp.stock.free([side.product(code).id]))

An act is told which side it is on and asks it for products, customers and people by what they are
called on every side. What it returns is compared in those words: ids are replaced by codes, and
what each ERP numbers for itself is left out. A refusal is compared by its kind.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from pydantic import BaseModel

from tasks.adapters import ERP
from tasks.adapters.company.files import rows
from tasks.adapters.erp import MissingRole
from tasks.erp_errors import ErpError
from tasks.values import Customer, Person, Product, Quantity

#: each ERP has its own
OWN_WORDS = frozenset({"id", "number"})
DIGITS = {row["code"]: row["digits"] for row in rows("units")}


@dataclass(frozen=True)
class Side:
    """One of the ERPs.

    Attributes:
        codes_of: what its ids stand for, as far as they were asked for.
    """

    name: str
    erp: ERP
    codes_of: dict[str, str] = field(default_factory=dict)

    def plays(self, *roles: str) -> bool:
        """Say whether the ERP has these roles."""
        return not any(isinstance(getattr(self.erp, role), MissingRole) for role in roles)

    def product(self, code: str) -> Product:
        """Return the product with a code."""
        return self._known(code, self.erp.products.by_codes([code])[code])

    def customer(self, code: str) -> Customer:
        """Return the customer with a code."""
        name = next(row["name"] for row in rows("customers") if row["code"] == code)
        found = self.erp.customers.by_name(name, limit=100)
        return self._known(code, next(customer for customer in found if customer.code == code))

    def person(self, name: str) -> Person:
        """Return whoever has a name."""
        found = self.erp.people.all()
        return self._known(name, next(person for person in found if person.name == name))

    def quantity(self, code: str, amount: Decimal) -> Quantity:
        """Return so much of a product in its unit."""
        return Quantity(amount=amount, unit=self.product(code).unit)

    def words(self, value: Any) -> Any:
        """Return what a value says, in words that both sides have."""
        if isinstance(value, BaseModel):
            said = {name: getattr(value, name) for name in type(value).model_fields}
            return {k: self.words(v) for k, v in said.items() if k not in OWN_WORDS}
        if isinstance(value, Mapping):
            return {self.words(k): self.words(v) for k, v in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return [self.words(one) for one in value]
        return self.codes_of.get(value, value) if isinstance(value, str) else value

    def _known(self, code: str, record: Any) -> Any:
        self.codes_of[record.id] = code
        return record


@dataclass(frozen=True)
class Both:
    """The embedded ERP and the one that it is compared with."""

    sides: tuple[Side, Side]

    def plays(self, *roles: str) -> bool:
        """Say whether both have these roles."""
        return all(side.plays(*roles) for side in self.sides)

    def agree(self, act: Callable[[Side], Any]) -> Any:
        """Do it on both sides; return what came of it, if that is the same.

        Returns:
            The words of it, or the name of the error that both refused it with.
        """
        first, second = (_outcome(side, act) for side in self.sides)
        assert first == second, "\n".join(differences(first, second))
        return first

    @cached_property
    def codes(self) -> list[str]:
        """The codes of all products."""
        return [row["code"] for row in rows("products")]


def amount_of(chance: Random, code: str, *, most: int) -> Decimal:
    """Return a quantity of a product, as fine as its unit lets it be.

    Args:
        chance: decides.
        code: of the product.
        most: so many at most; each power of ten below it comes as often.
    """
    unit = next(row["unit"] for row in rows("products") if row["code"] == code)
    step = Decimal(10) ** -DIGITS[unit]
    size = chance.randint(1, len(str(most)) - 1)
    whole = chance.randint(1, min(most, 10**size))
    return max(step, whole - step * chance.randrange(int(1 / step)))


def differences(first: Any, second: Any, where: str = "") -> Iterator[str]:
    """Give a line for each place in which what came of it differs."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted({*first, *second}, key=str):
            yield from differences(first.get(name), second.get(name), f"{where}.{name}")
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif first != second:
        yield f"{where or 'it'} is {first!r} here and {second!r} there"


def _outcome(side: Side, act: Callable[[Side], Any]) -> Any:
    try:
        return side.words(act(side))
    except ErpError as refusal:
        return type(refusal).__name__
