"""The steps that plan a production order's work on the work centres, and price its hours."""

import datetime as dt

from orchestrator import Attempt, Provided, task
from tasks.erp_errors import NotFound
from tasks.scheduling.contracts import (
    LabourRates,
    OperationState,
    PersonRepository,
    WorkCentre,
    WorkCentreSchedule,
)
from tasks.scheduling.placing import Slot, place
from tasks.scheduling.providers import ShopFloorProvider
from tasks.shop_floor import LabourReport, PricedLabour
from tasks.values import Id, Person, Value

_MINUTE = dt.timedelta(minutes=1)


class OrderPlan(Value):
    """When the operations of a production order are done."""

    order: Id
    slots: tuple[Slot, ...]
    #: when the last of them ends; None when nothing was left to place
    ends: dt.datetime | None


@task("scheduling.place_operations")
def place_operations(
    order: Id,
    schedule: Provided[WorkCentreSchedule],
    attempt: Attempt,
    earliest: dt.date | None = None,
    now: dt.datetime | None = None,
) -> OrderPlan:
    """Plan each operation of an order that has no time yet, as early as it can be done.

    Whoever calls holds the shop floor's plan for itself: what is free is looked for and taken.

    Args:
        earliest: the day before which nothing begins, such as that on which materials come.
        now: the time before which nothing begins, this very minute unless given.
    """
    operations = schedule.operations_of(order)
    floor = ShopFloorProvider(schedule).floor()
    slots = place(operations, floor, earliest=_begin(now, earliest))
    for slot in slots:
        schedule.place(slot.operation, slot.start)
    ends = max((slot.end for slot in slots), default=None)
    due = max((one.due for one in operations), default=None)
    if ends and due and ends.date() > due:
        attempt.warn(f"the work ends on {ends.date()}, after it is due on {due}")
    return OrderPlan(order=order, slots=tuple(slots), ends=ends)


@task("scheduling.unplace_operations")
def unplace_operations(order: Id, schedule: Provided[WorkCentreSchedule]) -> int:
    """Take an order's operations off the plan, but for those that are at work; return how many."""
    placed = [
        one
        for one in schedule.operations_of(order)
        if one.state is OperationState.WAITING and one.start is not None
    ]
    for operation in placed:
        schedule.unplace(operation.id)
    return len(placed)


@task("scheduling.price_labour")
def price_labour(
    labour: tuple[LabourReport, ...],
    people: Provided[PersonRepository],
    rates: Provided[LabourRates],
) -> tuple[PricedLabour, ...]:
    """Return reported hours with what they cost at each person's rate of the day.

    Raises:
        NotFound: nobody has such an address, or had a rate on that day.
    """
    return tuple(_priced(report, people, rates) for report in labour)


@task("scheduling.find_person")
def find_person(email: str, people: Provided[PersonRepository], attempt: Attempt) -> Person | None:
    """Return who has an address; nobody, with a warning, when it is mistyped."""
    found = people.by_email(email)
    if found is None:
        attempt.warn(f"nobody has the address {email!r}")
    return found


@task("scheduling.find_work_centre")
def find_work_centre(
    name: str, schedule: Provided[WorkCentreSchedule], attempt: Attempt
) -> WorkCentre | None:
    """Return the work centre people call so; none, with a warning, when it is mistyped."""
    centres = {centre.name.casefold(): centre for centre in schedule.work_centres()}
    found = centres.get(name.casefold())
    if found is None:
        known = ", ".join(sorted(centre.name for centre in centres.values()))
        attempt.warn(f"no work centre is called {name!r}: there are {known}")
    return found


def _priced(report: LabourReport, people: PersonRepository, rates: LabourRates) -> PricedLabour:
    person = people.by_email(report.person)
    if person is None:
        raise NotFound(f"nobody has the address {report.person!r}")
    return PricedLabour(
        key=report.key,
        person=person.id,
        hours=report.hours,
        on=report.on,
        cost=(rates.labour_rate(person.id, report.on) * report.hours).rounded(),
    )


def _begin(now: dt.datetime | None, earliest: dt.date | None) -> dt.datetime:
    begin = now or dt.datetime.now(dt.UTC)
    if begin.second or begin.microsecond:
        begin = begin.replace(second=0, microsecond=0) + _MINUTE
    if earliest is None:
        return begin
    return max(begin, dt.datetime.combine(earliest, dt.time(), dt.UTC))
