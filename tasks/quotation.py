"""What the steps of a quotation hand each other across domains.

A step never returns half a guess: what it is not sure of becomes a question, a
sentence for the person who takes the mail over.
"""

from decimal import Decimal
from enum import StrEnum

from tasks.values import Customer, Product, Quantity, Value

__all__ = [
    "Company",
    "CustomerMatch",
    "MatchedBy",
    "MatchedLine",
    "Matches",
    "ProductRequest",
    "RequestedLine",
]


class Company(Value):
    """What a mail says about who wrote it; each clue may be absent."""

    #: the sender's address
    email: str = ""
    #: the sender's e-mail domain, empty when anybody can have an address there
    domain: str = ""
    #: with the country, without blanks: `FI12345678`
    vat: str = ""
    #: as written, the most telling first: `Virtanen Pumput Oy`
    names: tuple[str, ...] = ()


class CustomerMatch(Value):
    """The customer, or why a person must say who it is."""

    customer: Customer | None = None
    questions: tuple[str, ...] = ()


class RequestedLine(Value):
    """One thing asked for, in the writer's words."""

    #: the words of the mail that were read as this line
    text: str
    #: what is asked for: a code, a name, or both
    wanted: str
    amount: Decimal
    #: our word for the unit, empty when the writer gave none
    unit: str = ""


class ProductRequest(Value):
    """All that a mail asks for."""

    lines: tuple[RequestedLine, ...] = ()
    questions: tuple[str, ...] = ()


class MatchedBy(StrEnum):
    """What a product was recognised by."""

    CODE = "code"
    NAME = "name"


class MatchedLine(Value):
    """A line with the product it means, in that product's own unit."""

    text: str
    product: Product
    quantity: Quantity
    by: MatchedBy


class Matches(Value):
    """The products a mail means; with a question open, nothing is offered."""

    lines: tuple[MatchedLine, ...] = ()
    questions: tuple[str, ...] = ()
