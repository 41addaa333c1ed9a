"""What the shop floor tells the runs that wait for it, by the order or the check it is about.

    floor = ManufacturingOperations().floor
    for gate in floor.inspections():
        floor.inspect(gate.check, {"ohm": Decimal("0.05"), "function": Decimal(1)}, by="leena")

Nobody on the shop floor knows runs. Each verb finds the one that waits, a run of an order or of
its parts, and refuses what does not fit before it answers, so that it waits on.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestrator.errors import InvalidAnswer, NotWaiting
from orchestrator.limits import MOST
from tasks.inventory.contracts import ProcurementRequest
from tasks.inventory.gates import Finding, Gate, GateDecision, lacks, misfit
from tasks.shop_floor import LabourReport
from tasks.values import Id, Value
from tasks.workflows.production_release import GOODS_RECEIVED, WORK_DONE
from tasks.workflows.quality_gates import INSPECTION, PRODUCTION_LEAD

if TYPE_CHECKING:
    from orchestrator import Coordinator
    from orchestrator.ledger.waiting.inbox import Waiting


class OpenDecision(Value):
    """A failed check that somebody has to decide about."""

    gate: Gate
    finding: Finding


class OpenWork(Value):
    """An order at work."""

    order: Id
    number: str
    #: that the order was made with
    key: str


class OpenDelivery(Value):
    """An order that waits for what was bought for it."""

    order: Id
    number: str
    requests: tuple[ProcurementRequest, ...]


class ProductionFloor:
    """Lists what the runs of production wait for, and answers them."""

    def __init__(self, coordinator: "Coordinator") -> None:
        self._coordinator = coordinator

    def inspections(self) -> list[Gate]:
        """Return the checks that are to be made now."""
        return [Gate.model_validate(one.inputs["gate"]) for one in self._signals(INSPECTION)]

    def decisions(self) -> list[OpenDecision]:
        """Return the failed checks that wait for the production lead."""
        return [OpenDecision.model_validate(one.inputs) for one in self._decisions()]

    def at_work(self) -> list[OpenWork]:
        """Return the orders whose work is not reported done."""
        return [OpenWork.model_validate(one.inputs) for one in self._signals(WORK_DONE)]

    def deliveries(self) -> list[OpenDelivery]:
        """Return the orders that wait for what was bought for them."""
        return [OpenDelivery.model_validate(one.inputs) for one in self._signals(GOODS_RECEIVED)]

    def inspect(self, check: Id, values: Mapping[str, Decimal], *, by: str) -> None:
        """Say what was measured for a check.

        Raises:
            NotWaiting: no run waits for this check.
            InvalidAnswer: a point is missing or unknown; the check stays open.
        """
        waits = self._one(self._signals(INSPECTION), ("gate", "check"), check)
        gate = Gate.model_validate(waits.inputs["gate"])
        problem = misfit(gate.points, values)
        if problem:
            raise InvalidAnswer(f"the values do not fit {gate.name!r}: {problem}")
        self._answer(waits, {"values": values}, by)

    def decide(self, check: Id, decision: GateDecision) -> None:
        """Say what is done about a failed check.

        Raises:
            NotWaiting: no run waits for a decision about this check.
            InvalidAnswer: it does not say all that it takes, or is not open to this round.
        """
        waits = self._one(self._decisions(), ("gate", "check"), check)
        lacking = lacks(decision)
        if lacking:
            raise InvalidAnswer(f"to {decision.action} takes {lacking}: say it")
        self._answer(waits, decision.model_dump(mode="json", exclude_none=True), decision.by)

    def work_done(self, order: Id, labour: Sequence[LabourReport] = (), *, by: str) -> None:
        """Say that all work on an order is done, and what hours of it are not booked yet.

        From here the order is not undone any more.

        Raises:
            NotWaiting: no run waits for the work on this order.
        """
        waits = self._one(self._signals(WORK_DONE), ("order",), order)
        reports = [report.model_dump(mode="json") for report in labour]
        self._answer(waits, {"labour": reports}, by)

    def goods_received(self, order: Id, *, by: str) -> None:
        """Say that what was bought for an order is here; the ERP is told by the run.

        Raises:
            NotWaiting: no run waits for goods for this order.
        """
        self._answer(self._one(self._signals(GOODS_RECEIVED), ("order",), order), None, by)

    def _signals(self, name: str) -> "list[Waiting]":
        return self._coordinator.waits(signal=name, limit=MOST)

    def _decisions(self) -> "Iterator[Waiting]":
        waits = self._coordinator.waits(person=PRODUCTION_LEAD, limit=MOST)
        return (one for one in waits if one.step == "decision")

    def _one(
        self, waits: "Iterator[Waiting] | list[Waiting]", path: Sequence[str], wanted: Id
    ) -> "Waiting":
        for one in waits:
            found: Any = one.inputs
            for name in path:
                found = found[name]
            if found == wanted:
                return one
        raise NotWaiting(f"no run waits for {wanted!r}: the lists of the shop floor say what is")

    def _answer(self, waits: "Waiting", answer: Any, by: str) -> None:
        self._coordinator.answer(waits.run_id, waits.step, answer, by=by)
