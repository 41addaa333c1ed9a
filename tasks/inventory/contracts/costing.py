"""What making something costs, and what the books say of it."""

from typing import Protocol, Self

from pydantic import model_validator

from tasks.accounting import Posting
from tasks.values import Id, Money, Value

__all__ = ["Costing", "ProductionCost"]


class ProductionCost(Value):
    """What a production order has cost until now."""

    order: Id
    #: consumed, or while nothing is, planned
    material: Money
    #: booked
    labour: Money
    total: Money

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.material + self.labour != self.total:
            raise ValueError(f"{self.material} and {self.labour} do not make {self.total}")
        return self


class Costing(Protocol):
    """The cost of what is made, as it comes about."""

    def of(self, order: Id) -> ProductionCost:
        """Return the cost of a production order as it is now, in whole cents.

        Raises:
            NotFound: no production order has this id.
        """
        ...

    def postings(self, order: Id) -> list[Posting]:
        """Return what a production order did to the accounts, in the order it happened.

        Materials go from stock to production, labour is taken up by it, and when the order is
        done production goes to stock: its total is what the goods are worth there, and what
        their shipping will post as cost of sales. Where an ERP cuts the cost of one to four
        decimals, what is lost or gained by that goes to another account, half a cent for a
        hundred goods at most beside that of rounding to cents; if none are good, all of it does.

        Raises:
            NotFound: no production order has this id.
        """
        ...
