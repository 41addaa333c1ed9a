"""The steps of quality gates: open them, write down findings, and carry out what is decided."""

from decimal import Decimal

from orchestrator import Attempt, Provided, task
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    CheckPlan,
    CheckStage,
    CheckState,
    ProductionOrder,
    ProductionOrders,
    QualityCheck,
    QualityChecks,
)
from tasks.inventory.gates import (
    Checklist,
    Finding,
    Gate,
    GateClosed,
    GateDecision,
    misfit,
    scrapped,
)
from tasks.inventory.providers import GateProvider
from tasks.values import Id


@task("inventory.open_checks")
def open_checks(
    order: Id,
    quality: Provided[QualityChecks],
    orders: Provided[ProductionOrders],
    attempt: Attempt,
) -> Checklist:
    """Open a check for each thing that an order must pass, or find those that are open."""
    found = orders.get(order)
    gates = [
        _gate(plan, quality.open(f"{attempt.key}:{plan.id}", order, plan.id), found)
        for plan in GateProvider(quality).plans(order)
    ]
    return Checklist(
        during=tuple(gate for gate in gates if gate.stage is CheckStage.DURING),
        after=tuple(gate for gate in gates if gate.stage is CheckStage.AFTER),
    )


@task("inventory.withdraw_checks")
def withdraw_checks(order: Id, quality: Provided[QualityChecks]) -> int:
    """Give up the checks of an order that are still open; findings stay. Return how many."""
    still_open = [check for check in quality.of(order) if check.state is CheckState.OPEN]
    for check in still_open:
        quality.withdraw(check.id)
    return len(still_open)


@task("inventory.record_finding")
def record_finding(
    gate: Gate, values: dict[str, Decimal], quality: Provided[QualityChecks], attempt: Attempt
) -> Finding:
    """Write down what was measured; what does not fit the check leaves it open."""
    problem = misfit(gate.points, values)
    if problem:
        attempt.warn(f"{gate.name} of {gate.number}: {problem}")
        return Finding(check=gate.check, state=CheckState.OPEN, problem=problem)
    return Finding(check=gate.check, state=quality.record(gate.check, values).state)


@task("inventory.accept_finding")
def accept_finding(gate: Gate, by: Id, quality: Provided[QualityChecks]) -> QualityCheck:
    """Let a failed check pass on a person's word."""
    return quality.accept(gate.check, by)


@task("inventory.scrap_goods")
def scrap_goods(
    gate: Gate, decision: GateDecision, orders: Provided[ProductionOrders], attempt: Attempt
) -> ProductionOrder:
    """Take the bad ones out of what an order will bring.

    Raises:
        UnfitDecision: none would be thrown away, or none would be left.
    """
    earlier = orders.find(attempt.key)
    if earlier is not None:  # an attempt before this one took them out
        return earlier
    quantity = scrapped(decision, orders.get(gate.order))
    return orders.scrap(attempt.key, gate.order, quantity, reason=decision.reason)


@task("inventory.rework_order")
def rework_order(
    gate: Gate,
    work_centre: Id,
    hours: Decimal,
    reason: str,
    orders: Provided[ProductionOrders],
    attempt: Attempt,
) -> ProductionOrder:
    """Add the work to an order that mends what failed."""
    return orders.rework(attempt.key, gate.order, work_centre, hours=hours, reason=reason)


@task("inventory.reopen_gate")
def reopen_gate(gate: Gate, quality: Provided[QualityChecks], attempt: Attempt) -> Gate:
    """Open a new check in the place of one that was decided; one that is open stays."""
    check = quality.get(gate.check)
    if check.state is not CheckState.OPEN:
        check = quality.open(attempt.key, gate.order, gate.plan)
    return gate.model_copy(update={"check": check.id})


@task("inventory.pass_gate")
def pass_gate(
    gate: Gate, quality: Provided[QualityChecks], decision: GateDecision | None = None
) -> QualityCheck:
    """Return the check that opens a gate.

    Raises:
        GateClosed: it has not passed, and nobody lets it.
    """
    latest = GateProvider(quality).latest(gate.order).get(gate.plan)
    if latest is None:
        raise Rejected(f"the check {gate.name!r} of {gate.number} is withdrawn: open it again")
    if not Finding(check=latest.id, state=latest.state).passed:
        said = f": {decision.reason} ({decision.by})" if decision else ""
        raise GateClosed(
            f"{gate.number} does not pass {gate.name!r}, which is {latest.state}{said}"
        )
    return latest


def _gate(plan: CheckPlan, check: QualityCheck, order: ProductionOrder) -> Gate:
    return Gate(
        check=check.id,
        order=order.id,
        number=order.number,
        plan=plan.id,
        name=plan.name,
        stage=plan.stage,
        points=plan.points,
    )
