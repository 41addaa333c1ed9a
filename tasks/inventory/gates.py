"""The quality gates of a production order: what is measured, and what a failure comes to.

A gate is closed until its check has passed, or somebody answers for the failure. What was
measured can be incomplete, and a decision can lack what it needs: both are said, and asked for
again, since an inspector's slip of the pen must not end an order.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from orchestrator.errors import DoNotRetry
from tasks.inventory.contracts import CheckPoint, CheckStage, CheckState, ProductionOrder
from tasks.values import Id, Quantity, Value


class GateClosed(DoNotRetry):
    """An order does not pass a gate, and nobody lets it."""


class UnfitDecision(DoNotRetry):
    """A decision about a failed check cannot be carried out."""


class Gate(Value):
    """A check that an order has to pass."""

    check: Id
    order: Id
    #: of the order, as people call it
    number: str
    plan: Id
    name: str
    stage: CheckStage
    points: tuple[CheckPoint, ...]


class Checklist(Value):
    """All gates of an order."""

    during: tuple[Gate, ...] = ()
    after: tuple[Gate, ...] = ()


class Finding(Value):
    """What came of an inspection; without a problem the check is decided."""

    check: Id
    state: CheckState
    #: why the check is still open: what was measured does not fit it
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the gate is open."""
        return self.state in (CheckState.PASSED, CheckState.ACCEPTED)


class GateAction(StrEnum):
    """What may be done about a failed check."""

    ACCEPT = "accept"  #: let it pass on somebody's word
    REWORK = "rework"  #: mend it, and check again
    SCRAP = "scrap"  #: throw the bad ones away, and check the rest
    AGAIN = "again"  #: measure once more
    REFUSE = "refuse"  #: give the order up


class GateDecision(Value):
    """What somebody decided about a failed check."""

    action: GateAction
    #: the e-mail address of who answers for it
    by: str
    reason: str
    #: how many are thrown away
    quantity: Decimal | None = None
    #: where it is mended, by its name, and how long that takes
    work_centre: str | None = None
    hours: Decimal | None = None


def misfit(points: Sequence[CheckPoint], values: Mapping[str, Decimal]) -> str:
    """Return why values are no answer to these points; nothing when they are.

    >>> misfit([CheckPoint(name="earth")], {"erath": Decimal(1)})
    "'earth' was not measured; 'erath' is not asked for"
    """
    asked = [point.name for point in points]
    flaws = [f"{name!r} was not measured" for name in asked if name not in values]
    flaws += [f"{name!r} is not asked for" for name in sorted(values) if name not in asked]
    return "; ".join(flaws)


def lacks(decision: GateDecision) -> str:
    """Return what a decision does not say; nothing when it is complete."""
    wanted = {
        GateAction.REWORK: ("work_centre", "hours"),
        GateAction.SCRAP: ("quantity",),
    }.get(decision.action, ())
    return " and ".join(name for name in wanted if getattr(decision, name) in (None, ""))


def scrapped(decision: GateDecision, order: ProductionOrder) -> Quantity:
    """Return how many of an order are thrown away; one at least stays.

    Raises:
        UnfitDecision: nothing, or everything, would be thrown away.
    """
    amount = decision.quantity or Decimal(0)
    if not 0 < amount < order.good.amount:
        raise UnfitDecision(
            f"{amount} of {order.good} cannot be scrapped: scrap some and keep some, or refuse "
            f"the order {order.number}"
        )
    return Quantity(amount=amount, unit=order.quantity.unit)
