"""A whole workshop in memory, its parts knowing each other as those of an ERP do."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tasks.inventory.contracts import BillOperation, CheckPlan, Component
from tasks.scheduling.contracts import WorkCentre
from tasks.values import Id, Money, Product
from tests.fakes.procurement import FakeProcurement
from tests.fakes.production_orders import FakeProductionOrders
from tests.fakes.recipes import FakeBoms
from tests.fakes.sales import FakeProducts, FakeStock
from tests.fakes.work_centres import FakeLabourRates, FakeSchedule


class FakeWorkshop:
    """One shelf, one catalogue, one shop floor, and the roles that look at them."""

    def __init__(
        self,
        products: Sequence[Product],
        lines: Mapping[Id, Sequence[Component]],
        *,
        stock: Mapping[Id, Decimal] | None = None,
        work: Mapping[Id, Sequence[BillOperation]] | None = None,
        centres: Sequence[WorkCentre] = (),
        checks: Mapping[Id, Sequence[CheckPlan]] | None = None,
        rates: Mapping[Id, Money] | None = None,
    ) -> None:
        self.products = FakeProducts(products)
        self.stock = FakeStock(dict(stock or {}))
        self.boms = FakeBoms(self.products, lines, work or {})
        self.procurement = FakeProcurement(self.products, self.stock)
        self.schedule = FakeSchedule(centres)
        self.rates = FakeLabourRates(rates or {})
        self.orders = FakeProductionOrders(self.boms, self.stock, self.schedule, self.rates)
        self.quality = self.orders.quality
        self.quality.plans = checks or {}
        self.costing = self.orders.costing
