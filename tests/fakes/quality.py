"""A `QualityChecks` over the plans of each product."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import (
    CheckPlan,
    CheckStage,
    CheckState,
    ProductionOrder,
    ProductionState,
    QualityCheck,
)
from tasks.values import Id

ENDED = (ProductionState.DONE, ProductionState.CANCELLED)


@dataclass
class FakeQuality:
    """Looks orders up by `order_of`."""

    order_of: Callable[[Id], ProductionOrder]
    plans: Mapping[Id, Sequence[CheckPlan]] = field(default_factory=dict)
    made: dict[str, QualityCheck] = field(default_factory=dict)

    def required(self, order: Id, stage: CheckStage) -> list[CheckPlan]:
        found = self.plans.get(self.order_of(order).product, ())
        return [plan for plan in found if plan.stage is stage]

    def find(self, key: str) -> QualityCheck | None:
        return self.made.get(key)

    def open(self, key: str, order: Id, plan: Id) -> QualityCheck:
        if key not in self.made:
            found = self.order_of(order)
            if found.state in ENDED or plan not in [p.id for p in self.plans[found.product]]:
                raise Rejected(f"order {found.number} is {found.state}: {plan!r} is not checked")
            self.made[key] = QualityCheck(
                id=f"check:{len(self.made) + 1}",
                key=key,
                order=order,
                plan=plan,
                state=CheckState.OPEN,
                values={},
            )
        return self.made[key]

    def get(self, check: Id) -> QualityCheck:
        for one in self.made.values():
            if one.id == check:
                return one
        raise NotFound(f"no record has the id {check!r}")

    def of(self, order: Id) -> list[QualityCheck]:
        return [one for one in self.made.values() if one.order == self.order_of(order).id]

    def record(self, check: Id, values: Mapping[str, Decimal]) -> QualityCheck:
        found = self.get(check)
        plan = next(p for each in self.plans.values() for p in each if p.id == found.plan)
        if {point.name for point in plan.points} != set(values):
            raise Rejected(f"{sorted(values)} does not answer {plan.name!r}")
        if found.values == dict(values):
            return found
        passed = all(point.passes(values[point.name]) for point in plan.points)
        state = CheckState.PASSED if passed else CheckState.FAILED
        return self._move(found, {CheckState.OPEN}, state=state, values=dict(values))

    def accept(self, check: Id, by: Id) -> QualityCheck:
        found = self.get(check)
        return self._move(found, {CheckState.FAILED}, state=CheckState.ACCEPTED, accepted_by=by)

    def withdraw(self, check: Id) -> QualityCheck:
        return self._move(self.get(check), {CheckState.OPEN}, state=CheckState.WITHDRAWN)

    def is_good(self, order: Id) -> bool:
        """Tell whether an order may be finished, by the latest check of each plan."""
        latest = {c.plan: c.state for c in self.of(order) if c.state is not CheckState.WITHDRAWN}
        good = (CheckState.PASSED, CheckState.ACCEPTED)
        return all(
            latest.get(p.id) in good for p in self.plans.get(self.order_of(order).product, ())
        )

    def _move(self, found: QualityCheck, sources: set[CheckState], **fields) -> QualityCheck:
        if found.state == fields["state"] and "values" not in fields:
            return found
        if found.state not in sources:
            raise Rejected(f"check {found.id!r} is {found.state}: open a new one")
        self.made[found.key] = found.model_copy(update=fields)
        return self.made[found.key]
