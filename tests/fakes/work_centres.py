"""A `WorkCentreSchedule` over lists, and the rates of labour."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.erp_errors import NotFound, Rejected
from tasks.scheduling.contracts import Operation, OperationState, WorkCentre
from tasks.values import Id, Money

TO_DO = (OperationState.WAITING, OperationState.RUNNING)


@dataclass
class FakeSchedule:
    centres: Sequence[WorkCentre] = ()
    made: dict[Id, Operation] = field(default_factory=dict)

    def work_centres(self) -> list[WorkCentre]:
        return sorted(self.centres, key=lambda centre: centre.name)

    def operations(self, until: dt.date) -> list[Operation]:
        found = [one for one in self.made.values() if one.due <= until and one.state in TO_DO]
        return sorted(found, key=lambda one: one.due)

    def operations_of(self, order: Id) -> list[Operation]:
        return [one for one in self.made.values() if one.order == order]

    def place(self, operation: Id, start: dt.datetime) -> Operation:
        return self._plan(operation, start, {OperationState.WAITING})

    def unplace(self, operation: Id) -> Operation:
        return self._plan(operation, None, {OperationState.WAITING, OperationState.CANCELLED})

    def _plan(
        self, operation: Id, start: dt.datetime | None, allowed: set[OperationState]
    ) -> Operation:
        if operation not in self.made:
            raise NotFound(f"no record has the id {operation!r}")
        found = self.made[operation]
        if found.state not in allowed:
            raise Rejected(f"operation {found.name!r} is {found.state} and is not planned")
        self.made[operation] = found.model_copy(update={"start": start})
        return self.made[operation]


@dataclass
class FakeLabourRates:
    """Rates that hold on any day."""

    rates: Mapping[Id, Money] = field(default_factory=dict)

    def labour_rate(self, person: Id, on: dt.date) -> Money:  # noqa: ARG002 - the Protocol's
        if person not in self.rates:
            raise NotFound(f"nobody has the id {person!r}")
        return self.rates[person]
