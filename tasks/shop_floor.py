"""What the steps of production hand each other across domains: hours that were worked, and costs.

Hours come from the shop floor, get their price in scheduling, which knows the people, are booked
in inventory, which has the order, and are held against the ledger in billing.
"""

import datetime as dt
from decimal import Decimal

from tasks.accounting import Posting
from tasks.values import Id, Money, Value

__all__ = ["BookedLabour", "CostStatement", "LabourReport", "OrderCosts", "PricedLabour"]


class LabourReport(Value):
    """Hours that somebody says to have worked on a production order."""

    #: the same key is the same hours, however often they are reported
    key: str
    #: the e-mail address of who worked
    person: str
    hours: Decimal
    on: dt.date


class PricedLabour(Value):
    """The same with what they cost at the person's rate of that day."""

    key: str
    person: Id
    hours: Decimal
    on: dt.date
    cost: Money


class BookedLabour(Value):
    """Hours on a production order, and what it has cost with them."""

    booking: Id
    key: str
    #: at the rate of the day
    priced: Money
    #: as the order has it
    booked: Money
    #: of the order, all that is on it until now
    total: Money


class OrderCosts(Value):
    """What a production order has cost, and what the ledger says of it."""

    number: str
    #: the goods are on the shelf, and nothing is added any more
    done: bool
    #: how many of them there are, or will be
    good: Decimal
    material: Money
    labour: Money
    total: Money
    postings: tuple[Posting, ...] = ()


class CostStatement(Value):
    """The cost of a production order, found to be what the ledger says."""

    number: str
    done: bool
    material: Money
    labour: Money
    total: Money
    #: at what the ledger holds the goods it made, which is what their sale will cost; None until
    #: the order is done
    cost_of_goods: Money | None = None
