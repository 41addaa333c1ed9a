"""A `Costing` that posts as it goes: materials in, labour in, goods out."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.accounting import AccountKind, Posting
from tasks.inventory.contracts import ProductionCost, ProductionOrder, WorkBooking
from tasks.values import Id, Money
from tests.fakes.sales import TODAY

NOTHING = Money.of("0.00")


@dataclass
class FakeCosting:
    """Looks orders and their work up; `unit_costs` says what materials cost, one for 1.00 else."""

    order_of: Callable[[Id], ProductionOrder]
    work_of: Callable[[Id], list[WorkBooking]]
    unit_costs: Mapping[Id, Money] = field(default_factory=dict)
    posted: list[Posting] = field(default_factory=list)

    def of(self, order: Id) -> ProductionCost:
        found = self.order_of(order)
        is_consumed = any(one.consumed.amount for one in found.materials)
        material, labour = NOTHING, NOTHING
        for one in found.materials:
            taken = one.consumed if is_consumed else one.planned
            material = material + self.unit_cost(one.product) * taken.amount
        for booking in self.work_of(order):
            labour = labour + booking.cost
        material = material.rounded()
        return ProductionCost(
            order=found.id, material=material, labour=labour, total=material + labour
        )

    def postings(self, order: Id) -> list[Posting]:
        return [one for one in self.posted if one.document == self.order_of(order).id]

    def unit_cost(self, product: Id) -> Money:
        return self.unit_costs.get(product, Money.of("1.00"))

    def move(
        self, order: Id, amount: Money, *, to: AccountKind, by: AccountKind, on: dt.date = TODAY
    ) -> None:
        """Post an amount from one account to another; nothing when it is nothing."""
        if amount.amount:
            for kind, debit, credit in ((to, amount, NOTHING), (by, NOTHING, amount)):
                self.posted.append(
                    Posting(
                        date=on,
                        account=kind.value,
                        kind=kind,
                        text=order,
                        debit=debit,
                        credit=credit,
                        document=order,
                    )
                )

    def left(self, order: Id, kind: AccountKind) -> Decimal:
        """Return debit less credit of an order on one account."""
        return sum(
            (
                one.debit.amount - one.credit.amount
                for one in self.postings(order)
                if one.kind is kind
            ),
            Decimal(0),
        )
