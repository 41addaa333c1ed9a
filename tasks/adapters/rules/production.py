"""What may be done with a production order and its checks: the same rules on every ERP of ours.

An ERP may be milder: Tryton cancels an order that somebody worked on, and what that cost is then
on nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    CheckPlan,
    CheckPoint,
    CheckState,
    ProductionOrder,
    ProductionState,
    QualityCheck,
)
from tasks.values import Id, Quantity

DRAFT, RELEASED, RESERVED, RUNNING, DONE, CANCELLED = (
    ProductionState.DRAFT,
    ProductionState.RELEASED,
    ProductionState.RESERVED,
    ProductionState.RUNNING,
    ProductionState.DONE,
    ProductionState.CANCELLED,
)
#: nothing is consumed yet
PLANNED = (DRAFT, RELEASED, RESERVED)
#: a check may be opened
CHECKABLE = (*PLANNED, RUNNING)

_GOOD = (CheckState.PASSED, CheckState.ACCEPTED)


def cannot_be(
    number: str, state: ProductionState, verb: str, sources: Sequence[ProductionState]
) -> Rejected:
    """Return the error that says in which states something can be done with an order.

    Args:
        number: what people call the order.
        verb: what was to be done with it, such as `started`.
    """
    return Rejected(
        f"production order {number} is {state} and cannot be {verb}: "
        f"only {' and '.join(sources)} orders can"
    )


def not_made(code: str) -> Rejected:
    """Return the error that says that a product is bought."""
    return Rejected(f"{code!r} has no bill of materials: it is bought, not made")


def check_left(order: ProductionOrder, quantity: Quantity) -> None:
    """Let pass what can still be scrapped of an order.

    Raises:
        Rejected: not that many are left.
    """
    if quantity.amount > order.good.amount:
        raise Rejected(
            f"{quantity} of production order {order.number} cannot be scrapped: "
            f"only {order.good} are left"
        )


def check_nothing_lost(order: ProductionOrder, work: Sequence[object]) -> None:
    """Let an order pass from which all comes back that went in.

    Raises:
        Rejected: work is booked on it, or some of it is scrapped.
    """
    if work:
        raise Rejected(
            f"work is booked on production order {order.number}: take it back, or finish the order"
        )
    if order.scrapped:
        raise Rejected(
            f"goods of production order {order.number} are scrapped and cannot be given back: "
            "finish it"
        )


def check_hours(hours: Decimal) -> None:
    """Let hours pass that somebody can work.

    Raises:
        Rejected: they are not more than none.
    """
    if not hours > 0:
        raise Rejected(f"{hours} hours are no work: give more than none")


def judged(points: Sequence[CheckPoint], values: Mapping[str, Decimal]) -> CheckState:
    """Return what values make of a check.

    Raises:
        Rejected: a point is missing or unknown.
    """
    names = {point.name for point in points}
    if names != set(values):
        missing, unknown = sorted(names - set(values)), sorted(set(values) - names)
        raise Rejected(f"measured must be {sorted(names)}: {missing} missing, {unknown} unknown")
    passed = all(point.passes(values[point.name]) for point in points)
    return CheckState.PASSED if passed else CheckState.FAILED


def takes_no_values(check: QualityCheck) -> Rejected:
    """Return the error that says that a check has its values."""
    return Rejected(
        f"check {check.id!r} is {check.state} and takes no other values: open a new one"
    )


def arrived(check: QualityCheck, state: CheckState, otherwise: str) -> QualityCheck:
    """Return a check that is in this state.

    Raises:
        Rejected: it is in another.
    """
    if check.state != state:
        raise Rejected(f"check {check.id!r} is {check.state}, not {state}: {otherwise}")
    return check


def latest(checks: Iterable[QualityCheck]) -> dict[Id, QualityCheck]:
    """Return the check that counts, by plan; a withdrawn one is as if it had not been opened.

    Args:
        checks: in the order they were opened.
    """
    return {check.plan: check for check in checks if check.state != CheckState.WITHDRAWN}


def assert_good(plans: Iterable[CheckPlan], checks: Iterable[QualityCheck]) -> None:
    """Let an order pass whose required checks have all passed or are accepted.

    Args:
        checks: of the order, in the order they were opened.

    Raises:
        Rejected: one is missing, open or failed.
    """
    counting = latest(checks)
    for plan in plans:
        state = counting[plan.id].state if plan.id in counting else None
        if state not in _GOOD:
            raise Rejected(
                f"the check {plan.name!r} is {state or 'missing'}: record it, or have it accepted"
            )
