"""The checks of production orders in Tryton, as records: controls, inspections and alerts.

    ours          the inspection            its alert
    open          pending
    passed        passed
    failed        failed                    open, being processed, or deferred
    accepted      failed                    resolved, by the person who answers for it
    withdrawn     deleted; a note of the order says what it was

Tryton lets no order be finished that has a failed inspection with an open alert, though a later one
passed. The alert of one that counts no more is deferred then.

Pending inspections hold up the beginning and the end. Ours are opened early: until the order is at
work an inspection does not name it, but a note of the order names the inspection, by its key. So it
is again at the end, with one that is open and counts no more.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.production import RUNNING, assert_good, latest
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.notes import Note, Notes
from tasks.adapters.tryton.production.maps import CHECK_POINTS, CHECKS, KIND
from tasks.adapters.tryton.records import read
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.inventory.contracts import (
    CheckPlan,
    CheckPoint,
    CheckStage,
    CheckState,
    ProductionOrder,
    QualityCheck,
)
from tasks.values import Id

INSPECTION, ALERT = "quality.inspection", "quality.alert"
CONTROL = "quality.control"
#: what Tryton calls the end of a production, which a control may hold up
_FINISH = "production:do"

_ASKED = (
    *CHECKS.asked,
    "state",
    "points",
    "alerts.state",
    "alerts.resolved_by",
)
_OF_PLANS = (
    "name",
    "product",
    *(f"points.{name}" for name in CHECK_POINTS.asked),
)


class Inspecting:
    """Reads checks and their plans, and lets orders pass."""

    def __init__(self, books: Books) -> None:
        self.tryton = books.tryton
        self._controls = Notes(books.tryton, CONTROL)
        self._orders = Notes(books.tryton, "production")

    def plans(self, condition: Domain) -> list[CheckPlan]:
        """Return the plans that fit, with their points."""
        rows = self.tryton.search_read(
            CONTROL,
            [condition, ("operations", "in", _FINISH)],
            _OF_PLANS,
            order=[("id", "ASC")],
        )
        said = self._controls.latest([row["id"] for row in rows])
        return [_plan(row, said.get(row["id"], {})) for row in rows]

    def plans_of(self, product: Id) -> list[CheckPlan]:
        """Return what is checked of a product."""
        return self.plans([("product", "=", number_of("product", product))])

    def check(self, condition: Domain) -> QualityCheck | None:
        """Return the check that fits and is not withdrawn."""
        of_order = ["OR", ("origin", "like", "production,%"), ("origin", "=", None)]
        for row in self._inspections([condition, of_order]):
            order = row["origin"] or self._early_order(row["reference"])
            if order is not None:
                return _check({**row, "origin": order})
        return None

    def checks_of(self, order: int) -> list[QualityCheck]:
        """Return the checks of an order that are not withdrawn, in the order they were opened."""
        origin = f"production,{order}"
        early = _named_by(self._early_keys(order))
        rows = self._inspections(["OR", ("origin", "=", origin), early])
        return [_check({**row, "origin": origin}) for row in rows]

    def open(self, key: str, order: ProductionOrder, control: int) -> int:
        """Make an inspection; return its number."""
        number = number_of(KIND, order.id)
        inspection: Record = {"control": control, "reference": kept_key(key)}
        if order.state == RUNNING:
            inspection["origin"] = f"production,{number}"
        else:
            self._note(key, number, control)
        return self.tryton.create(INSPECTION, [inspection])[0]

    def link(self, order: Id) -> None:
        """Let the inspections that were opened before an order was at work name it."""
        number = number_of(KIND, order)
        keys = self._early_keys(number)
        if not keys:
            return
        early = [row["id"] for row in self._inspections(_named_by(keys))]
        if early:
            self.tryton.write(INSPECTION, early, {"origin": f"production,{number}"})

    def withdrawn(self, name: str, value: object) -> list[QualityCheck]:
        """Return the withdrawn checks whose note says this."""
        return [_withdrawn(note) for note in _withdrawals(self._orders.saying(name, value))]

    def withdrawn_of(self, order: int) -> list[QualityCheck]:
        """Return the withdrawn checks of an order."""
        return [_withdrawn(note) for note in _withdrawals(self._orders.of([order]))]

    def _set_aside(self, check: QualityCheck) -> None:
        """Let a check that does not count hold up nothing; an open one is named by a note then."""
        if check.state == CheckState.FAILED:
            self.answer_alert(check.id, "defer")
        elif check.state == CheckState.OPEN:
            order, control = number_of(KIND, check.order), number_of("check_plan", check.plan)
            self._note(check.key, order, control)
            self.tryton.write(INSPECTION, [number_of("check", check.id)], {"origin": None})

    def _note(self, key: str, order: int, control: int) -> None:
        if not self._early_notes(key):
            self._orders.write(order, {"key": key, "opens": control})

    def _inspections(self, condition: Domain) -> list[Record]:
        return self.tryton.search_read(INSPECTION, condition, _ASKED, order=[("id", "ASC")])

    def _early_keys(self, order: int) -> list[str]:
        """Return the keys of the inspections that were opened before an order was at work."""
        notes = self._orders.of([order])
        return [kept_key(note.facts["key"]) for note in notes if "opens" in note.facts]

    def _early_order(self, reference: str | None) -> str | None:
        notes = self._early_notes(key_of(reference))
        return f"production,{notes[0].record}" if notes else None

    def _early_notes(self, key: str) -> list[Note]:
        return [note for note in self._orders.saying("key", key) if "opens" in note.facts]

    def withdraw(self, check: QualityCheck) -> None:
        """Take an open check away, and note that it was there."""
        number, order = number_of("check", check.id), number_of(KIND, check.order)
        facts = {"withdrawn": number, "key": check.key, "plan": check.plan}
        if not self._orders.saying("withdrawn", number):
            self._orders.write(order, facts)
        self.tryton.delete(INSPECTION, [number])

    def pass_on(self, order: ProductionOrder) -> None:
        """Let an order pass whose checks are good; Tryton will let it then.

        Raises:
            Rejected: one is missing, open or failed.
        """
        self.link(order.id)
        checks = self.checks_of(number_of(KIND, order.id))
        assert_good(self.plans_of(order.product), checks)
        counting = {check.id for check in latest(checks).values()}
        for check in checks:
            if check.id not in counting:
                self._set_aside(check)

    def answer_alert(self, check: Id, button: str, by: int | None = None) -> None:
        """Bring the alert of a failed check to its end, by one of Tryton's buttons.

        Args:
            check: that failed.
            button: `resolve` or `defer`.
            by: the employee who answers for it; the user, if nobody is named.
        """
        origin = f"{INSPECTION},{number_of('check', check)}"
        alerts = self.tryton.search_read(ALERT, [("origin", "=", origin)], ["state"])
        open_ones = [row["id"] for row in alerts if row["state"] in ("open", "deferred")]
        pending = [*open_ones, *(row["id"] for row in alerts if row["state"] == "processing")]
        if not pending or (button == "defer" and all(r["state"] == "deferred" for r in alerts)):
            return
        if open_ones:
            self.tryton.call(f"model.{ALERT}.process", open_ones)
        if by is not None:
            self.tryton.write(ALERT, pending, {"resolved_by": by})
        self.tryton.call(f"model.{ALERT}.{button}", pending)


def _named_by(keys: list[str]) -> Domain:
    """Return the condition of the inspections that only notes name."""
    return [("origin", "=", None), ("reference", "in", keys)]


def _plan(row: Record, said: Mapping[str, Any]) -> CheckPlan:
    units = said.get("units", {})
    return CheckPlan(
        id=id_of("check_plan", row["id"]),
        name=row["name"],
        stage=CheckStage(said.get("stage", CheckStage.AFTER)),
        points=tuple(
            _point(point, units) for point in sorted(row["points."], key=lambda one: one["id"])
        ),
    )


def _point(row: Record, units: Mapping[str, str]) -> CheckPoint:
    return read(CHECK_POINTS, row, unit=units.get(row["name"], ""))


def _check(row: Record) -> QualityCheck:
    state, accepted_by = _state(row)
    measured = {} if state == CheckState.OPEN else dict(row["points"] or {})
    return read(
        CHECKS,
        row,
        state=state,
        values={name: _value(value) for name, value in measured.items()},
        accepted_by=accepted_by,
    )


def _state(row: Record) -> tuple[CheckState, Id | None]:
    match row["state"]:
        case "pending":
            return CheckState.OPEN, None
        case "passed":
            return CheckState.PASSED, None
    alerts = row["alerts."]
    if alerts and all(alert["state"] == "resolved" for alert in alerts):
        by = alerts[-1]["resolved_by"]
        return CheckState.ACCEPTED, id_of("person", by) if by else None
    return CheckState.FAILED, None


def _value(value: object) -> Decimal:
    """Return what was measured; yes and no are 1 and 0."""
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, float):
        return decimal_of(value)
    return Decimal(str(value))


def _withdrawals(notes: Iterable[Note]) -> Iterable[Note]:
    return (note for note in notes if "withdrawn" in note.facts)


def _withdrawn(note: Note) -> QualityCheck:
    return QualityCheck(
        id=id_of("check", note.facts["withdrawn"]),
        key=note.facts["key"],
        order=id_of(KIND, note.record),
        plan=note.facts["plan"],
        state=CheckState.WITHDRAWN,
        values={},
    )
