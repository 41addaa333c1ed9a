"""`ProductionOrders` over the other fakes: what is reserved, consumed, placed and posted."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import count

from tasks.accounting import AccountKind
from tasks.conversion import rounded
from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.bills import Bills
from tasks.inventory.contracts import (
    Material,
    ProductionOrder,
    ProductionState,
    Reservation,
    Scrap,
    WorkBooking,
)
from tasks.scheduling.contracts import Operation, OperationState
from tasks.values import Id, Quantity, Wanted
from tests.fakes.costing import FakeCosting
from tests.fakes.quality import FakeQuality
from tests.fakes.recipes import FakeBoms
from tests.fakes.sales import FakeStock
from tests.fakes.work_centres import FakeLabourRates, FakeSchedule

S = ProductionState


@dataclass
class FakeProductionOrders:
    boms: FakeBoms
    stock: FakeStock
    schedule: FakeSchedule
    rates: FakeLabourRates
    made: dict[Id, ProductionOrder] = field(default_factory=dict)
    booked: dict[str, WorkBooking] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    #: keys of scrap and rework
    changes: dict[str, Id] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quality = FakeQuality(self.get)
        self.costing = FakeCosting(self.get, self.work)

    def find(self, key: str) -> ProductionOrder | None:
        by_key = {one.key: one.id for one in self.made.values()} | self.changes
        return self.made[by_key[key]] if key in by_key else None

    def create(
        self,
        key: str,
        product: Id,
        quantity: Quantity,
        *,
        due: dt.date,
        start: dt.date | None = None,
    ) -> ProductionOrder:
        earlier = self.find(key)
        if earlier:
            return earlier
        made = self.boms.products.get(product)
        whole = rounded(Fraction(quantity.amount), made.unit, math.floor, digits=made.digits)
        fits = whole == quantity
        if not self.boms.components(product) or quantity.amount <= 0 or not fits:
            raise Rejected(f"{quantity} of {product!r} cannot be made")
        number = len(self.made) + 1
        made = ProductionOrder(
            id=f"order:{number}",
            number=f"MO-{number}",
            key=key,
            state=S.DRAFT,
            product=product,
            quantity=quantity,
            start=start,
            due=due,
            materials=self._materials(product, quantity),
        )
        self.made[made.id] = made
        return made

    def get(self, order: Id) -> ProductionOrder:
        if order not in self.made:
            raise NotFound(f"no record has the id {order!r}")
        return self.made[order]

    def release(self, order: Id) -> ProductionOrder:
        found = self._in(order, "released", set(S) - {S.CANCELLED})
        if found.state is S.DRAFT:
            for work in self.boms.operations(found.product):
                self._add_operation(
                    found, work.name, work.work_centre, work.hours_for(found.quantity)
                )
            found = self._set(found, state=S.RELEASED)
        return found

    def reserve(self, order: Id) -> Reservation:
        found = self._in(order, "reserved", {S.RELEASED, S.RESERVED})
        materials = tuple(map(self._reserved, found.materials))
        missing = [m for m in materials if m.reserved != m.planned]
        self._set(found, materials=materials, state=S.RELEASED if missing else S.RESERVED)
        return Reservation(
            document=order,
            complete=not missing,
            reserved=tuple(_wanted(m.product, m.reserved) for m in materials if m.reserved.amount),
            missing=tuple(_wanted(m.product, m.planned - m.reserved) for m in missing),
        )

    def unreserve(self, order: Id) -> ProductionOrder:
        found = self._in(order, "unreserved", {S.DRAFT, S.RELEASED, S.RESERVED})
        for one in found.materials:
            self._promise(one.product, -one.reserved.amount)
        freed = tuple(m.model_copy(update={"reserved": m.reserved * 0}) for m in found.materials)
        state = S.RELEASED if found.state is S.RESERVED else found.state
        return self._set(found, materials=freed, state=state)

    def start(self, order: Id) -> ProductionOrder:
        found = self._in(order, "started", {S.RESERVED, S.RUNNING})
        if found.state is S.RESERVED:
            for one in found.materials:
                self._promise(one.product, -one.reserved.amount)
                self.stock.shelf[one.product] -= one.reserved.amount
            found = self._set(
                found,
                state=S.RUNNING,
                materials=tuple(
                    m.model_copy(update={"reserved": m.reserved * 0, "consumed": m.reserved})
                    for m in found.materials
                ),
            )
            cost = self.costing.of(order).material
            self.costing.move(order, cost, to=AccountKind.PRODUCTION, by=AccountKind.STOCK)
        return found

    def book_work(
        self, key: str, order: Id, person: Id, *, hours: Decimal, on: dt.date
    ) -> WorkBooking:
        if key not in self.booked:
            cost = (self.rates.labour_rate(person, on) * hours).rounded()
            self._in(order, "worked on", {S.RUNNING})
            if hours <= 0:
                raise Rejected(f"{hours} h cannot be booked")
            number = f"work:{next(self.numbers)}"
            self.booked[key] = WorkBooking(
                id=number, key=key, order=order, person=person, hours=hours, on=on, cost=cost
            )
            self.costing.move(order, cost, to=AccountKind.PRODUCTION, by=AccountKind.LABOUR)
        return self.booked[key]

    def find_work(self, key: str) -> WorkBooking | None:
        return self.booked.get(key)

    def work(self, order: Id) -> list[WorkBooking]:
        return [one for one in self.booked.values() if one.order == self.get(order).id]

    def unbook_work(self, booking: Id) -> None:
        for key, one in list(self.booked.items()):
            if one.id == booking:
                self._in(one.order, "unbooked", {S.RUNNING, S.CANCELLED})
                del self.booked[key]
                self.costing.move(
                    one.order, one.cost, to=AccountKind.LABOUR, by=AccountKind.PRODUCTION
                )

    def scrap(self, key: str, order: Id, quantity: Quantity, *, reason: str) -> ProductionOrder:
        if key in self.changes:
            return self.get(order)
        found = self._in(order, "scrapped", {S.RUNNING})
        if not 0 < quantity.amount <= found.good.amount:
            raise Rejected(f"{quantity} of {found.good} cannot be scrapped")
        self.changes[key] = order
        scrap = Scrap(key=key, quantity=quantity, reason=reason)
        return self._set(found, scrapped=(*found.scrapped, scrap))

    def rework(
        self, key: str, order: Id, work_centre: Id, *, hours: Decimal, reason: str
    ) -> ProductionOrder:
        if key not in self.changes:
            found = self._in(order, "reworked", {S.RUNNING})
            if work_centre not in {one.id for one in self.schedule.centres}:
                raise NotFound(f"no record has the id {work_centre!r}")
            if hours <= 0:
                raise Rejected(f"{hours} h mend nothing")
            self.changes[key] = order
            self._add_operation(found, reason, work_centre, hours)
        return self.get(order)

    def finish(self, order: Id) -> ProductionOrder:
        found = self._in(order, "finished", {S.RUNNING, S.DONE})
        if found.state is S.RUNNING:
            if not self.quality.is_good(order):
                raise Rejected(f"a check of {found.number} is missing, open or failed")
            shelf = self.stock.shelf
            shelf[found.product] = shelf.get(found.product, Decimal(0)) + found.good.amount
            total = self.costing.of(order).total
            self.costing.move(order, total, to=AccountKind.STOCK, by=AccountKind.PRODUCTION)
            self._end_operations(order, OperationState.DONE)
            found = self._set(found, state=S.DONE)
        return found

    def cancel(self, order: Id) -> ProductionOrder:
        found = self._in(order, "cancelled", set(S) - {S.DONE})
        if found.state is not S.CANCELLED and (self.work(order) or found.scrapped):
            raise Rejected(f"work is booked on {found.number}, or goods of it are scrapped")
        for one in found.materials:
            self._promise(one.product, -one.reserved.amount)
            if one.consumed.amount:
                self.stock.shelf[one.product] += one.consumed.amount
        if found.state is S.RUNNING:
            cost = self.costing.of(order).material
            self.costing.move(order, cost, to=AccountKind.STOCK, by=AccountKind.PRODUCTION)
        self._end_operations(order, OperationState.CANCELLED)
        freed = tuple(
            m.model_copy(update={"reserved": m.planned * 0, "consumed": m.planned * 0})
            for m in found.materials
        )
        return self._set(found, state=S.CANCELLED, materials=freed)

    def _in(self, order: Id, verb: str, states: set[ProductionState]) -> ProductionOrder:
        found = self.get(order)
        if found.state not in states:
            raise Rejected(f"order {found.number} is {found.state} and cannot be {verb}")
        return found

    def _set(self, found: ProductionOrder, **fields) -> ProductionOrder:
        self.made[found.id] = found.model_copy(update=fields)
        return self.made[found.id]

    def _materials(self, product: Id, quantity: Quantity) -> tuple[Material, ...]:
        products = {one.id: one for one in self.boms.products.known}
        taken = Bills(self.boms.lines, products).takes(product, quantity)
        return tuple(
            Material(product=one, planned=planned, reserved=planned * 0, consumed=planned * 0)
            for one, planned in taken.items()
        )

    def _reserved(self, material: Material) -> Material:
        free = self.stock.free([material.product])[material.product]
        more = min(max(free, Decimal(0)), (material.planned - material.reserved).amount)
        self._promise(material.product, more)
        reserved = material.reserved.model_copy(update={"amount": material.reserved.amount + more})
        return material.model_copy(update={"reserved": reserved})

    def _promise(self, product: Id, amount: Decimal) -> None:
        promised = self.stock.promised
        promised[product] = promised.get(product, Decimal(0)) + amount

    def _add_operation(self, order: ProductionOrder, name: str, at: Id, hours: Decimal) -> None:
        before = self.schedule.operations_of(order.id)[-1:]
        number = f"operation:{len(self.schedule.made) + 1}"
        self.schedule.made[number] = Operation(
            id=number,
            order=order.id,
            name=name,
            state=OperationState.WAITING,
            work_centre=at,
            hours=hours,
            start=None,
            due=order.due,
            after=tuple(one.id for one in before),
        )

    def _end_operations(self, order: Id, state: OperationState) -> None:
        for one in self.schedule.operations_of(order):
            self.schedule.made[one.id] = one.model_copy(update={"state": state})


def _wanted(product: Id, quantity: Quantity) -> Wanted:
    return Wanted(product=product, quantity=quantity)
