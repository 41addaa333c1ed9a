"""What billing's steps hand each other on the way to an offer."""

from tasks.billing.contracts import OfferDraftLine, Price
from tasks.values import Id, Money, Value


class Pricing(Value):
    """The customer's price for each line, in the order of the lines, and what they come to."""

    prices: tuple[Price, ...]
    net: Money
    #: rounded once for each rate, as the ERP does it
    tax: Money
    total: Money


class OfferDraft(Value):
    """An offer as we want the ERP to keep it."""

    #: the mail's, so the same mail makes one offer
    key: str
    customer: Id
    salesperson: Id | None = None
    note: str = ""
    lines: tuple[OfferDraftLine, ...]
    net: Money
    tax: Money
    total: Money
