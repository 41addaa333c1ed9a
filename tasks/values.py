"""Values that travel between domains: money, quantities, and who and what they are about.

They are results of steps, so each is frozen, knows its fields exactly and comes back
from JSON as it went in: a Decimal is written as a string, digit for digit.
Ids are the ERP's own words, such as `offer:12`; nobody outside its adapter reads them.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

#: Opaque: made by an ERP's adapter and understood by it alone.
Id = str

CENT = Decimal("0.01")


class Value(BaseModel):
    """Base of all values: compared by content, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Value):
    """An amount in a currency; amounts of two currencies are never added.

    >>> str(Money.of("12.50") * 3)
    '37.50 EUR'
    """

    amount: Decimal
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str = "EUR") -> Self:
        """Return money from digits; a float is not taken, it has lost some already."""
        return cls(amount=Decimal(amount), currency=currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return self._with(self.amount + self._same_currency(other))

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        return self._with(self.amount - self._same_currency(other))

    def __mul__(self, factor: Decimal | int) -> "Money":
        """Multiply exactly; call `rounded` where cents are wanted."""
        return self._with(self.amount * factor)

    @override
    def __str__(self) -> str:
        """Write the amount and its currency, `37.50 EUR`."""
        return f"{self.amount:f} {self.currency}"

    def rounded(self) -> "Money":
        """Return whole cents, a half to the even one, as Tryton rounds."""
        return self._with(self.amount.quantize(CENT, rounding=ROUND_HALF_EVEN))

    def _with(self, amount: Decimal) -> "Money":
        return Money(amount=amount, currency=self.currency)

    def _same_currency(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} have two currencies: convert one of them first")
        return other.amount


class Quantity(Value):
    """So many of a unit, such as 2.5 m; amounts of two units are never added.

    >>> str(Quantity(amount=Decimal("2.5"), unit="m") * 2)
    '5.0 m'
    """

    amount: Decimal
    unit: str

    def __add__(self, other: "Quantity") -> "Quantity":
        """Add an amount of the same unit."""
        return self._with(self.amount + self._same_unit(other))

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Subtract an amount of the same unit."""
        return self._with(self.amount - self._same_unit(other))

    def __mul__(self, factor: Decimal | int) -> "Quantity":
        """Multiply exactly."""
        return self._with(self.amount * factor)

    @override
    def __str__(self) -> str:
        """Write the amount and its unit, `2.5 m`."""
        return f"{self.amount:f} {self.unit}"

    def _with(self, amount: Decimal) -> "Quantity":
        return Quantity(amount=amount, unit=self.unit)

    def _same_unit(self, other: "Quantity") -> Decimal:
        if other.unit != self.unit:
            raise ValueError(f"{self} and {other} have two units: convert one of them first")
        return other.amount


class Pack(Value):
    """What one of a packing unit holds of a product: a box holds 200 pcs."""

    unit: str
    holds: Quantity


class Customer(Value):
    """A company that buys."""

    id: Id
    code: str
    name: str
    #: lower case
    emails: tuple[str, ...] = ()
    #: e-mail domains that belong to this company alone, lower case
    domains: tuple[str, ...] = ()
    #: with the country, without blanks: `FI12345678`
    vat: str = ""


class Person(Value):
    """Somebody who works here."""

    id: Id
    name: str
    email: str = ""
    skills: frozenset[str] = frozenset()


class Product(Value):
    """Something we sell, in its sales unit."""

    id: Id
    code: str
    name: str
    unit: str
    category: str = ""
    #: decimals that a quantity in its unit may have; as many as the unit has when None
    digits: int | None = None
    #: how it is packed; a box of another product holds another number
    packs: tuple[Pack, ...] = ()


class Wanted(Value):
    """A product and how much of it somebody asks for."""

    product: Id
    quantity: Quantity
