"""A workshop to try the contracts of production in: what a test says of it, in one line each.

It speaks the Protocols alone, so it works with whatever ERP it is given.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from tasks.accounting import Posting
from tasks.adapters import ERP
from tasks.billing.contracts import OfferDraftLine
from tasks.inventory.contracts import (
    CheckPlan,
    CheckStage,
    Delivery,
    ProcurementRequest,
    ProductionOrder,
    QualityCheck,
    Reservation,
)
from tasks.values import Id, Money, Person, Product, Quantity

DUE = dt.date(2026, 12, 18)
TODAY = dt.date(2026, 12, 1)

#: made of 25.25 m of cable, a plug and a coupler; of the cable there are 590 m
LEAD = "EXL-25"
CABLE = "RUB-3X25"


@dataclass(frozen=True)
class Workshop:
    """An ERP, and the short ways to what its workshop does."""

    erp: ERP

    def product(self, code: str) -> Product:
        """Return a product by its code."""
        return self.erp.products.by_codes([code])[code]

    def quantity(self, code: str, amount: str) -> Quantity:
        """Return so much of a product, in its unit."""
        return Quantity(amount=Decimal(amount), unit=self.product(code).unit)

    def on_hand(self, code: str) -> Decimal:
        """Return what lies on the shelf."""
        product = self.product(code).id
        return self.erp.stock.on_hand([product])[product]

    def worth(self, code: str) -> Decimal:
        """Return what that is worth."""
        product = self.product(code).id
        return self.erp.stock_moves.worth([product])[product].amount

    def forecast(self, code: str, on: dt.date) -> Decimal:
        """Return what will lie on the shelf at a day's end."""
        product = self.product(code).id
        return self.erp.stock_moves.forecast([product], on)[product]

    def worker(self) -> Person:
        """Return somebody who works in the workshop: an hour of hers costs 33.00 EUR."""
        return next(one for one in self.erp.people.all() if one.name == "Riikka Suominen")

    def draft(self, code: str = LEAD, amount: str = "2", key: str = "order") -> ProductionOrder:
        """Plan an order."""
        product = self.product(code)
        return self.erp.production_orders.create(
            key, product.id, self.quantity(code, amount), due=DUE, start=TODAY
        )

    def released(self, code: str = LEAD, amount: str = "2", key: str = "order") -> ProductionOrder:
        """Plan an order and release it."""
        return self.erp.production_orders.release(self.draft(code, amount, key).id)

    def reserved(self, code: str = LEAD, amount: str = "2", key: str = "order") -> Reservation:
        """Plan an order, release it and put its materials aside."""
        return self.erp.production_orders.reserve(self.released(code, amount, key).id)

    def running(self, code: str = LEAD, amount: str = "2", key: str = "order") -> ProductionOrder:
        """Plan an order and bring it to where it can be worked on."""
        return self.erp.production_orders.start(self.reserved(code, amount, key).document)

    def work(self, order: ProductionOrder, hours: str, key: str = "work") -> None:
        """Book work on an order."""
        self.erp.production_orders.book_work(
            key, order.id, self.worker().id, hours=Decimal(hours), on=TODAY
        )

    def scrap(self, order: ProductionOrder, amount: str, key: str = "scrap") -> ProductionOrder:
        """Throw some away."""
        quantity = Quantity(amount=Decimal(amount), unit=order.quantity.unit)
        return self.erp.production_orders.scrap(key, order.id, quantity, reason="burnt")

    def check(self, order: ProductionOrder, *values: str, key: str = "check") -> QualityCheck:
        """Open the first check that is required, and record values for its points in turn."""
        plan = self.plans(order)[0]
        check = self.erp.quality.open(key, order.id, plan.id)
        names = [point.name for point in plan.points]
        measured = dict(zip(names, map(Decimal, values), strict=True))
        return self.erp.quality.record(check.id, measured)

    def plans(self, order: ProductionOrder) -> list[CheckPlan]:
        """Return all that must be checked of an order."""
        return [plan for stage in CheckStage for plan in self.erp.quality.required(order.id, stage)]

    def done(self, code: str = LEAD, amount: str = "2", key: str = "order") -> ProductionOrder:
        """Plan an order and bring it to its end, with an hour of work and a good check."""
        order = self.running(code, amount, key)
        self.work(order, "1", f"{key} work")
        self.check(order, "1", key=f"{key} check")
        return self.erp.production_orders.finish(order.id)

    def delivery(self, code: str, amount: str, key: str = "sale") -> Delivery:
        """Sell some, and return the delivery that waits for it."""
        line = OfferDraftLine(
            product=self.product(code).id,
            quantity=self.quantity(code, amount),
            unit_price=Money.of("99.00"),
        )
        buyer = self.erp.customers.by_name("Lahden Konepaja Oy")[0]
        offer = self.erp.offers.create(key, buyer.id, [line])
        self.erp.offers.order(self.erp.offers.send(offer.id).id)
        return self.erp.stock_moves.deliveries(offer.id)[0]

    def ship(self, code: str, amount: str, key: str = "sale") -> list[Posting]:
        """Sell some and send them away; return what that posted."""
        delivery = self.delivery(code, amount, key).id
        self.erp.stock_moves.reserve(delivery)
        self.erp.stock_moves.ship(delivery)
        return self.erp.stock_moves.postings(delivery)

    def request(
        self, code: str = CABLE, amount: str = "100", key: str = "request", due: dt.date = DUE
    ) -> ProcurementRequest:
        """Ask the buyers for something."""
        product: Id = self.product(code).id
        return self.erp.procurement.request(key, product, self.quantity(code, amount), due=due)
