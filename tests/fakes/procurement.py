"""A `Procurement` whose goods lie on the shelf as soon as they are received."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import ProcurementRequest, ProcurementState
from tasks.values import Id, Quantity
from tests.fakes.sales import FakeProducts, FakeStock

OPEN = (ProcurementState.REQUESTED, ProcurementState.ORDERED)


@dataclass
class FakeProcurement:
    products: FakeProducts
    stock: FakeStock
    made: dict[str, ProcurementRequest] = field(default_factory=dict)
    #: products that no supplier has
    unknown_to_suppliers: frozenset[Id] = frozenset()

    def find(self, key: str) -> ProcurementRequest | None:
        return self.made.get(key)

    def request(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        origin: Id | None = None,
    ) -> ProcurementRequest:
        if key in self.made:
            return self.made[key]
        unit = self.products.get(product).unit
        if quantity.amount <= 0 or quantity.unit != unit or product in self.unknown_to_suppliers:
            raise Rejected(f"{quantity} of {product!r} cannot be bought")
        number = len(self.made) + 1
        self.made[key] = ProcurementRequest(
            id=f"request:{number}",
            number=f"PR-{number}",
            key=key,
            state=ProcurementState.REQUESTED,
            product=product,
            quantity=quantity,
            due=due,
            origin=origin,
        )
        return self.made[key]

    def get(self, request: Id) -> ProcurementRequest:
        for one in self.made.values():
            if one.id == request:
                return one
        raise NotFound(f"no record has the id {request!r}")

    def open_requests(self, product: Id | None = None) -> list[ProcurementRequest]:
        found = [one for one in self.made.values() if one.state in OPEN]
        return sorted(
            (one for one in found if product in (None, one.product)), key=lambda one: one.due
        )

    def receive(self, request: Id) -> ProcurementRequest:
        found = self.get(request)
        if found.state in OPEN:
            shelf = self.stock.shelf
            shelf[found.product] = shelf.get(found.product, Decimal(0)) + found.quantity.amount
        return self._move(found, ProcurementState.RECEIVED)

    def cancel(self, request: Id) -> ProcurementRequest:
        return self._move(self.get(request), ProcurementState.CANCELLED)

    def _move(self, found: ProcurementRequest, target: ProcurementState) -> ProcurementRequest:
        if found.state != target and found.state not in OPEN:
            raise Rejected(f"request {found.number} is {found.state} and cannot become {target}")
        self.made[found.key] = found.model_copy(update={"state": target})
        return self.made[found.key]
