"""What may be put on an offer, and which way it goes: the same rules on every ERP of ours.

An ERP may be milder. Tryton rounds a quantity that is finer than its unit, and takes a price in
whatever currency the sale has: what is refused here would come out otherwise than it was asked.
"""

from decimal import Decimal
from typing import Protocol

from tasks.billing.contracts import Offer, OfferState
from tasks.erp_errors import Rejected
from tasks.values import Money, Quantity

UNIT_PRICE_DIGITS = 4
#: quantities and unit prices are below this, so that their product fits 28 exact digits
TOO_MUCH = Decimal(10) ** 9

#: which states an offer may come from
SOURCES = {
    OfferState.SENT: (OfferState.DRAFT,),
    OfferState.ORDERED: (OfferState.SENT,),
    OfferState.CANCELLED: (OfferState.DRAFT, OfferState.SENT),
}


class Sold(Protocol):
    """A product, as far as these rules look at it."""

    @property
    def code(self) -> str:
        """For people."""
        ...

    @property
    def unit(self) -> str:
        """It is sold by."""
        ...

    @property
    def digits(self) -> int:
        """Decimals that a quantity in this unit may have."""
        ...


def cannot_become(offer: Offer, target: OfferState) -> Rejected:
    """Return the error that says from where an offer gets to a state."""
    return Rejected(
        f"offer {offer.number} is {offer.state} and cannot become {target}: "
        f"only {' and '.join(SOURCES[target])} offers can"
    )


def check_quantity(article: Sold, quantity: Quantity, *, verb: str = "sold") -> None:
    """Let a quantity pass that this article is sold in.

    Args:
        verb: what else is to be done with it, such as `made`.

    Raises:
        Rejected: it is not positive, in another unit, or finer than the unit allows.
    """
    if quantity.unit != article.unit:
        raise Rejected(
            f"{article.code!r} is {verb} by the {article.unit}, not by the {quantity.unit!r}: "
            "convert the quantity first"
        )
    check_amount(article.code, quantity, article.digits, verb=verb)


def check_amount(what: str, quantity: Quantity, digits: int, *, verb: str = "sold") -> None:
    """Let a quantity pass that is positive and no finer than its unit's digits.

    Raises:
        Rejected: it is not.
    """
    if not 0 < quantity.amount < TOO_MUCH:
        raise Rejected(
            f"{quantity} of {what!r} cannot be {verb}: ask for more than nothing "
            f"and less than {TOO_MUCH}"
        )
    if _decimals(quantity.amount) > digits:
        raise Rejected(
            f"{quantity} of {what!r} cannot be {verb}: a quantity in {quantity.unit} "
            f"has at most {digits} decimals"
        )


def check_price(what: str, price: Money, currency: str) -> None:
    """Let a unit price pass.

    Raises:
        Rejected: it is in another currency, below zero, too large or too fine.
    """
    if price.currency != currency:
        raise Rejected(f"{what!r} is priced {price}: this ERP sells in {currency}")
    if not 0 <= price.amount < TOO_MUCH or _decimals(price.amount) > UNIT_PRICE_DIGITS:
        raise Rejected(
            f"{price} is no unit price of {what!r}: give zero or more, below {TOO_MUCH}, "
            f"with at most {UNIT_PRICE_DIGITS} decimals"
        )


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
