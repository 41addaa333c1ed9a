"""The quality gates in Tryton.

Inspections are made directly. Tryton's wizard would make them when an order is finished, but ends
without one (8.0 and 8.2 look for its action under a name that it has not): then `do` neither acts
nor asks.
"""

from collections.abc import Mapping
from decimal import Decimal

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.production import CHECKABLE, arrived, judged, takes_no_values
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.production.inspecting import CONTROL, INSPECTION, Inspecting
from tasks.adapters.tryton.production.maps import KIND
from tasks.adapters.tryton.production.order_records import OrderRecords
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.wire import float_of
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import CheckPlan, CheckPoint, CheckStage, CheckState, QualityCheck
from tasks.values import Id


class Checks:
    """A `QualityChecks`."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._tryton = books.tryton
        self._orders = OrderRecords(books)
        self._records = Inspecting(books)

    def required(self, order: Id, stage: CheckStage) -> list[CheckPlan]:
        """Return what must be checked of a production order at a stage."""
        plans = self._records.plans_of(self._orders.get(order).product)
        return [plan for plan in plans if plan.stage == stage]

    def find(self, key: str) -> QualityCheck | None:
        """Return the check that an earlier `open` with this key made."""
        found = self._records.check([("reference", "=", kept_key(key))])
        return found or next(iter(self._records.withdrawn("key", key)), None)

    def open(self, key: str, order: Id, plan: Id) -> QualityCheck:
        """Begin a check, or return the one that this key began."""

        def make() -> QualityCheck:
            found = self._orders.claim(order, "checked", CHECKABLE)
            self._check_plan(plan, found.product)
            made = self._records.open(key, found, number_of("check_plan", plan))
            return self.get(id_of("check", made))

        return self._books.once(key, self.find, make, document=order)

    def get(self, check: Id) -> QualityCheck:
        """Return one check."""
        number = number_of("check", check)
        found = self._records.check([("id", "=", number)])
        found = found or next(iter(self._records.withdrawn("withdrawn", number)), None)
        if found is None:
            raise no_such("check", check)
        return found

    def of(self, order: Id) -> list[QualityCheck]:
        """Return the checks of a production order, in the order they were opened."""
        number = number_of(KIND, order)
        found = self._records.checks_of(number)
        known = {check.id for check in found}
        found += [one for one in self._records.withdrawn_of(number) if one.id not in known]
        if not found:
            self._orders.get(order)
        return sorted(found, key=lambda check: number_of("check", check.id))

    def record(self, check: Id, values: Mapping[str, Decimal]) -> QualityCheck:
        """Write down what was measured: passed or failed."""
        with self._books.held(self.get(check).order):
            before = self.get(check)
            points = self._points(before.plan)
            judged(points, values)
            written = {point.name: _written(point, values[point.name]) for point in points}
            if before.state == CheckState.OPEN:
                number = number_of("check", check)
                self._tryton.write(INSPECTION, [number], {"points": written})
                self._tryton.call(f"model.{INSPECTION}.process", [number])
                return self.get(check)
            if {p.name: _written(p, before.values.get(p.name)) for p in points} != written:
                raise takes_no_values(before)
            return before

    def accept(self, check: Id, by: Id) -> QualityCheck:
        """Let a failed check pass on a person's word."""
        with self._books.held(self.get(check).order):
            before = self.get(check)
            employee = existing(self._tryton, "company.employee", "person", by)
            if before.state == CheckState.FAILED:
                self._records.answer_alert(check, "resolve", employee)
            return arrived(
                self.get(check), CheckState.ACCEPTED, "only a failed one can be accepted"
            )

    def withdraw(self, check: Id) -> QualityCheck:
        """Give up an open check."""
        with self._books.held(self.get(check).order):
            before = self.get(check)
            if before.state == CheckState.OPEN:
                self._records.withdraw(before)
            return arrived(self.get(check), CheckState.WITHDRAWN, "a finding is not taken back")

    def _check_plan(self, plan: Id, product: Id) -> None:
        """Let a plan pass that is for what is made."""
        number = number_of("check_plan", plan)
        rows = self._tryton.search_read(CONTROL, [("id", "=", number)], ["name", "product"])
        if not rows:
            raise no_such("check_plan", plan)
        if rows[0]["product"] != number_of("product", product):
            raise Rejected(f"the plan {rows[0]['name']!r} is not for what is made of {product}")

    def _points(self, plan: Id) -> tuple[CheckPoint, ...]:
        [found] = self._records.plans([("id", "=", number_of("check_plan", plan))])
        return found.points


def _written(point: CheckPoint, value: Decimal | None) -> bool | float | None:
    """Return a value as Tryton keeps it: what has no limits is right or not."""
    if value is None:
        return None
    if point.low is None and point.high is None:
        return value == 1
    return float_of(value)
