"""The work on production orders in Tryton: a `production.work` for each step of the routing.

    hours       the minutes of the step's note, for so many as are made
    begins at   a note of the work: {"start": "2026-12-07T06:00:00+00:00"}
    a rework    one more work after all others; what for is in a note of the order

The note of a rework is written first, with its key. The work follows at the place in the sequence
that the note's id says, so whoever finds a note without its work knows what is left to be done.

Tryton finishes no order before each of its works is finished, and a work is by its cycles. Nobody
tells us when one begins: an order's works get a cycle of no time when the order is finished.
Tryton deletes the works of a cancelled order that have no cycle; they get one that is cancelled,
so that whoever takes them off the plan still finds them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.production import check_hours
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.notes import Note, Notes
from tasks.adapters.tryton.production.maps import KIND
from tasks.adapters.tryton.production.steps import Minutes, minutes_of
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.scheduling.contracts import Operation, OperationState
from tasks.values import CENT, Id

MODEL = "production.work"
_CYCLE = "production.work.cycle"
#: no routing has a step with such a number: a rework comes after all of them
_AFTER_ALL = 1_000_000
REWORK = "Rework"

_STATES = {
    "request": OperationState.WAITING,
    "draft": OperationState.WAITING,
    "waiting": OperationState.WAITING,
    "running": OperationState.RUNNING,
    "finished": OperationState.DONE,
    "done": OperationState.DONE,
}
_ASKED = (
    "sequence",
    "state",
    "operation",
    "operation.name",
    "work_center",
    "production",
    "production.state",
    "production.planned_date",
    "production.quantity",
    "production.routing",
)


class Floor:
    """The works of one company's production orders."""

    def __init__(self, books: Books) -> None:
        self._tryton = books.tryton
        self._placed = Notes(books.tryton, MODEL)
        self._orders = Notes(books.tryton, "production")

    def operations(self, condition: Domain) -> list[Operation]:
        """Return the works that fit, order by order, the first due order first."""
        rows = self._tryton.search_read(MODEL, condition, _ASKED)
        rows.sort(key=_in_turn)
        minutes = self._minutes(rows)
        starts = self._placed.latest([row["id"] for row in rows])
        reworks = self._reworks(rows)
        made: list[Operation] = []
        for _, works in groupby(rows, lambda row: row["production"]):
            before: tuple[Id, ...] = ()
            for row in works:
                work = _hours_and_name(row, minutes, reworks)
                made.append(_operation(row, *work, starts.get(row["id"], {}), after=before))
                before = (made[-1].id,)
        return made

    def place(self, operation: int, start: dt.datetime | None) -> None:
        """Write down when a work begins, or that nobody knows."""
        before = self._placed.of([operation])
        if start is not None:
            self._placed.write(operation, {"start": start.isoformat()})
        self._placed.delete(before)

    def rework(
        self, key: str, order: int, work_centre: int, *, hours: Decimal, reason: str
    ) -> Note:
        """Write down that an order is to be mended; `add_rework` makes the work.

        Raises:
            Rejected: the hours are not positive.
        """
        check_hours(hours)
        facts = {"key": key, "rework": reason, "hours": str(hours), "work_centre": work_centre}
        return self._orders.write(order, facts)

    def add_rework(self, note: Note) -> None:
        """Make the work that a note asks for, unless it is there."""
        sequence = _AFTER_ALL + note.number
        same = [("production", "=", note.record), ("sequence", "=", sequence)]
        if self._tryton.count(MODEL, same):
            return
        work = {
            "production": note.record,
            "sequence": sequence,
            "operation": self._rework_operation(),
            "work_center": note.facts["work_centre"],
        }
        self._tryton.create(MODEL, [work])

    def close(self, order: int) -> None:
        """Finish all works of an order."""
        rows = self._tryton.search_read(
            MODEL, [("production", "=", order)], ["state", "cycles.state"]
        )
        to_do = [row for row in rows if row["state"] not in ("finished", "done")]
        cycles = [cycle for row in to_do for cycle in row["cycles."]]
        planned = [cycle["id"] for cycle in cycles if cycle["state"] == "draft"]
        running = [cycle["id"] for cycle in cycles if cycle["state"] == "running"]
        open_ones = {"draft", "running"}
        without = [
            {"work": row["id"], "duration": dt.timedelta()}
            for row in to_do
            if open_ones.isdisjoint(cycle["state"] for cycle in row["cycles."])
        ]
        if without:
            planned += self._tryton.create(_CYCLE, without)
        self._cycles("run", planned)
        self._cycles("do", planned + running)

    def keep(self, order: int) -> list[int]:
        """Give the works of an order cycles, so that they stay when it is cancelled.

        Returns:
            The cycles, to be cancelled then.
        """
        rows = self._tryton.search_read(
            MODEL, [("production", "=", order)], ["state", "cycles.state"]
        )
        bare = [row["id"] for row in rows if row["state"] in ("request", "draft")]
        if bare:
            self._tryton.write(MODEL, bare, {"cycles": [("create", [{}])]})
        draft = [("work.production", "=", order), ("state", "=", "draft")]
        return [row["id"] for row in self._tryton.search_read(_CYCLE, draft, ["state"])]

    def cancel(self, cycles: Sequence[int]) -> None:
        """Cancel cycles."""
        self._cycles("cancel", cycles)

    def _cycles(self, button: str, cycles: Sequence[int]) -> None:
        if cycles:
            self._tryton.call(f"model.{_CYCLE}.{button}", list(cycles))

    def _rework_operation(self) -> int:
        model, same = "production.routing.operation", [("name", "=", REWORK)]
        found = self._tryton.search_read(model, same, ["name"], limit=1, order=[("id", "ASC")])
        if found:
            return int(found[0]["id"])
        made = {"name": REWORK, "timesheet_available": True}
        return self._tryton.create(model, [made])[0]

    def _minutes(self, works: Sequence[Record]) -> Mapping[tuple[int, int, int], Minutes]:
        routings = {row["production."]["routing"] for row in works} - {None}
        if not routings:
            return {}
        steps = self._tryton.search_read(
            "production.routing.step",
            [("routing", "in", sorted(routings))],
            ["routing", "sequence", "operation"],
        )
        minutes = minutes_of(self._tryton, [step["id"] for step in steps])
        return {
            (step["routing"], step["sequence"], step["operation"]): minutes[step["id"]]
            for step in steps
        }

    def _reworks(self, works: Sequence[Record]) -> Mapping[int, Note]:
        """Return the notes of the works that mend something, by the works' places."""
        orders = {row["production"] for row in works if (row["sequence"] or 0) > _AFTER_ALL}
        return {
            _AFTER_ALL + note.number: note
            for note in self._orders.of(orders)
            if "rework" in note.facts
        }


def _in_turn(row: Record) -> tuple[dt.date, int, int, int]:
    order = row["production."]
    return order["planned_date"], order["id"], row["sequence"] or 0, row["id"]


def _hours_and_name(
    row: Record,
    minutes: Mapping[tuple[int, int, int], Minutes],
    reworks: Mapping[int, Note],
) -> tuple[str, Decimal]:
    order, note = row["production."], reworks.get(row["sequence"])
    if note is not None:
        return f"{REWORK}: {note.facts['rework']}", Decimal(note.facts["hours"])
    step = minutes.get((order["routing"], row["sequence"], row["operation"]))
    name: str = row["operation."]["name"]
    if step is None:
        return name, Decimal(0).quantize(CENT)
    return name, step.hours_for(decimal_of(order["quantity"] or 0))


def _operation(
    row: Record, name: str, hours: Decimal, placed: Mapping[str, Any], *, after: tuple[Id, ...]
) -> Operation:
    order = row["production."]
    start = placed.get("start")
    is_cancelled = order["state"] == "cancelled"
    return Operation(
        id=id_of("operation", row["id"]),
        order=id_of(KIND, order["id"]),
        name=name,
        state=OperationState.CANCELLED if is_cancelled else _STATES[row["state"]],
        work_centre=id_of("work_centre", row["work_center"]),
        hours=hours,
        start=dt.datetime.fromisoformat(start) if start and not is_cancelled else None,
        due=order["planned_date"],
        after=after,
    )


def works_of(orders: Iterable[Id]) -> Domain:
    """Return the condition of the works of these orders."""
    return [("production", "in", [number_of(KIND, order) for order in orders])]
