"""What scheduling's steps need to know beforehand: who sells, and what the shop floor does."""

import datetime as dt

from tasks.scheduling.contracts import PersonRepository, WorkCentreSchedule
from tasks.scheduling.placing import ShopFloor, slot_of
from tasks.scheduling.rules import stand_in
from tasks.values import Id, Person


class SellerProvider:
    """Knows who answers for a customer."""

    def __init__(self, people: PersonRepository) -> None:
        self._people = people

    def seller_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer; None when nobody does."""
        return self._people.salesperson_of(customer)

    def stand_in(self) -> Person | None:
        """Return who takes the customers that nobody looks after."""
        return stand_in(self._people.all())


class ShopFloorProvider:
    """Gathers the work centres and what is planned on them."""

    def __init__(self, schedule: WorkCentreSchedule) -> None:
        self._schedule = schedule

    def floor(self) -> ShopFloor:
        """Return the shop floor as it is planned now, whenever the orders are due."""
        centres = {centre.id: centre for centre in self._schedule.work_centres()}
        empty = ShopFloor(centres)
        slots = (slot_of(one, empty) for one in self._schedule.operations(dt.date.max))
        return ShopFloor(centres, tuple(slot for slot in slots if slot))
