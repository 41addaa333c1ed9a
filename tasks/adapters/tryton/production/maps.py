"""Where Tryton keeps the fields of production orders, of work and checks, and of work centres.

What begins with `note.` stands in a note of the record, see `tasks.adapters.tryton.notes`.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.tryton import fields
from tasks.adapters.tryton.wire import Record, decimal_of, float_of
from tasks.inventory.contracts import (
    CheckPoint,
    ProductionOrder,
    ProductionState,
    QualityCheck,
    Scrap,
    WorkBooking,
)
from tasks.scheduling.contracts import WorkCentre
from tasks.values import Id

#: of a production order, in our ids
KIND = "production_order"

_STATES = {
    ProductionState.DRAFT: ("draft", "request"),
    ProductionState.RELEASED: ("waiting",),
    ProductionState.RESERVED: ("assigned",),
    ProductionState.RUNNING: ("running",),
    ProductionState.DONE: ("done",),
    ProductionState.CANCELLED: ("cancelled",),
}
STATE_OF = fields.by_theirs(_STATES)

_HOUR = 3600
#: a microsecond, which is Tryton's finest, is less than this part of an hour
_FINEST = Decimal("1e-9")


def _maybe_exact(amount: float | None) -> Decimal | None:
    return None if amount is None else decimal_of(amount)


def _maybe_float(amount: Decimal | None) -> float | None:
    return None if amount is None else float_of(amount)


def hours_of(duration: dt.timedelta) -> Decimal:
    """Return hours as they were told.

    >>> hours_of(dt.timedelta(hours=1, minutes=15))
    Decimal('1.25')
    """
    micros = duration // dt.timedelta(microseconds=1)
    hours = (Decimal(micros) / 10**6 / _HOUR).quantize(_FINEST).normalize()
    return hours.quantize(Decimal(1)) if hours == hours.to_integral_value() else hours


def duration_of(hours: Decimal) -> dt.timedelta:
    """Return them as Tryton writes them down."""
    return dt.timedelta(microseconds=int((hours * _HOUR * 10**6).to_integral_value()))


def _of_origin(kind: str, origin: str) -> Id:
    return id_of(kind, int(origin.partition(",")[2]))


def _origin_of(order: Id) -> str:
    return f"production,{number_of(KIND, order)}"


ORDERS = FieldMap(
    ProductionOrder,
    "production",
    reference("id", KIND),
    fields.key(),
    fields.state(_STATES),
    reference("product", "product", "product"),
    *fields.quantity(),
    Field("start", "planned_start_date"),
    Field("due", "planned_date"),
)

SCRAPS = FieldMap(
    Scrap,
    "ir.note",
    Field("key", "note.key"),
    Field("quantity.amount", "note.scrapped", read=Decimal, write=str),
    Field("quantity.unit", "unit.symbol"),
    Field("reason", "note.reason"),
)

BOOKINGS = FieldMap(
    WorkBooking,
    "timesheet.line",
    reference("id", "work"),
    fields.key("description"),
    reference("person", "person", "employee"),
    Field("hours", "duration", read=hours_of, write=duration_of),
    Field("on", "date"),
)

CHECKS = FieldMap(
    QualityCheck,
    "quality.inspection",
    reference("id", "check"),
    fields.key(),
    Field("order", "origin", read=partial(_of_origin, KIND), write=_origin_of),
    reference("plan", "check_plan", "control"),
)

CHECK_POINTS = FieldMap(
    CheckPoint,
    "quality.control.point",
    Field("name"),
    Field("low", "tolerance_lower", read=_maybe_exact, write=_maybe_float),
    Field("high", "tolerance_upper", read=_maybe_exact, write=_maybe_float),
)

WORK_CENTRES = FieldMap(
    WorkCentre,
    "production.work.center",
    reference("id", "work_centre"),
    Field("name"),
    Field("hours_a_day", "note.hours_a_day", read=Decimal, write=str),
    Field("places", "note.places"),
    Field("days", "note.days", write=list),
    Field("opens", "note.opens", read=dt.time.fromisoformat, write=dt.time.isoformat),
    Field("zone", "note.zone"),
)

FIELD_MAPS = (ORDERS, SCRAPS, BOOKINGS, CHECKS, CHECK_POINTS, WORK_CENTRES)


def noted(record: Record, facts: Mapping[str, Any]) -> Record:
    """Return a record with what a note of it says, where maps look for that."""
    return {**record, "note.": facts}
