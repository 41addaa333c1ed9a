"""Forward scheduling: each operation as early as its order, its hours and its work centre allow.

An operation has a place of its work centre from its start to its end, over night too. It begins
when all before it have ended, while the work centre is open, and where a place is free until it is
done. What is placed already stays where it is.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.errors import DoNotRetry
from tasks.scheduling.contracts import Operation, OperationState, WorkCentre
from tasks.scheduling.opening_hours import end_of, first_open
from tasks.values import Id, Value

#: The states in which an operation has, or will have, a place.
TO_DO = frozenset({OperationState.WAITING, OperationState.RUNNING})


class Unplaceable(DoNotRetry):
    """Operations wait for each other in a circle, or for a work centre nobody knows."""


class Slot(Value):
    """A place of a work centre, taken for an operation from its start until before its end."""

    operation: Id
    work_centre: Id
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class ShopFloor:
    """What is there to place upon: the work centres, and the slots that are taken."""

    centres: Mapping[Id, WorkCentre]
    taken: Sequence[Slot] = ()

    def centre(self, operation: Operation) -> WorkCentre:
        """Return where an operation is done.

        Raises:
            Unplaceable: the shop floor has no such work centre.
        """
        if operation.work_centre not in self.centres:
            raise Unplaceable(
                f"operation {operation.name!r} is for work centre {operation.work_centre!r}, "
                f"which is none of {', '.join(sorted(self.centres))}"
            )
        return self.centres[operation.work_centre]


def slot_of(operation: Operation, floor: ShopFloor) -> Slot | None:
    """Return the slot an operation has; None where it is not placed, or is no more to be done."""
    if operation.start is None or operation.state not in TO_DO:
        return None
    end = end_of(floor.centre(operation), operation.start, operation.hours)
    return _slot(operation, operation.start, end)


def place(
    operations: Iterable[Operation], floor: ShopFloor, *, earliest: dt.datetime
) -> list[Slot]:
    """Return a slot for each operation that is to be done and not placed yet.

    Args:
        operations: of one order, in any order; those that others follow are among them.
        earliest: aware; none begins before.

    Raises:
        Unplaceable: they follow each other in a circle, or are for an unknown work centre.
        NeverOpen: a work centre has no hours.
    """
    left = list(operations)
    known = {one.id for one in left}
    ends: dict[Id, dt.datetime] = {}
    taken = list(floor.taken)
    placed: list[Slot] = []
    while left:
        ready = next((one for one in left if not (known & set(one.after)) - ends.keys()), None)
        if ready is None:
            names = ", ".join(repr(one.name) for one in left)
            raise Unplaceable(f"operations {names} wait for each other in a circle")
        left.remove(ready)
        slot = slot_of(ready, floor)
        if slot is None and ready.state is OperationState.WAITING:
            begin = max([earliest, *(ends[one] for one in ready.after if one in ends)])
            slot = _first_slot(ready, floor.centre(ready), taken, begin)
            taken.append(slot)
            placed.append(slot)
        ends[ready.id] = slot.end if slot else earliest
    return placed


def most_at_once(slots: Iterable[Slot], start: dt.datetime, end: dt.datetime) -> int:
    """Return how many of the slots are taken at one moment of a time, at most."""
    over = [slot for slot in slots if slot.start < end and start < slot.end]
    return max(
        (sum(other.start <= one.start < other.end for other in over) for one in over), default=0
    )


def _first_slot(
    operation: Operation, centre: WorkCentre, taken: Sequence[Slot], earliest: dt.datetime
) -> Slot:
    # A slot that could begin a moment earlier would: so the first one begins at the earliest
    # time, where another ends, or where the work centre opens.
    here = [slot for slot in taken if slot.work_centre == centre.id and slot.end > earliest]
    begins = {first_open(centre, moment) for moment in (earliest, *(slot.end for slot in here))}
    for start in sorted(begins):
        end = end_of(centre, start, operation.hours)
        if most_at_once(here, start, end) < centre.places:
            return _slot(operation, start, end)
    raise AssertionError("after all others have ended, a place is free")


def _slot(operation: Operation, start: dt.datetime, end: dt.datetime) -> Slot:
    return Slot(operation=operation.id, work_centre=operation.work_centre, start=start, end=end)
