"""The quality gates of production: what must be checked, and what was found."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tasks.values import Id, Value

__all__ = [
    "CheckPlan",
    "CheckPoint",
    "CheckStage",
    "CheckState",
    "QualityCheck",
    "QualityChecks",
]


class CheckStage(StrEnum):
    """When a check is made."""

    DURING = "during"  #: while the order is running
    AFTER = "after"  #: when all work is done, before the goods go to the shelf


class CheckState(StrEnum):
    """Where a check is in its life.

    open ──▶ passed
     │└────▶ failed ──▶ accepted
     └─────▶ withdrawn
    """

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    ACCEPTED = "accepted"  #: failed, and somebody answers for it
    WITHDRAWN = "withdrawn"  #: it will not be made


class CheckPoint(Value):
    """One thing to measure; without limits it is answered by 1, right, or 0, wrong."""

    name: str
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None

    def passes(self, value: Decimal) -> bool:
        """Tell whether a value is within the limits, which are still good."""
        if self.low is None and self.high is None:
            return value == 1
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


class CheckPlan(Value):
    """What is to be checked of a product, at one stage."""

    id: Id
    name: str
    stage: CheckStage
    points: tuple[CheckPoint, ...]


class QualityCheck(Value):
    """A check of one production order."""

    id: Id
    #: the key it was opened with
    key: str
    order: Id
    plan: Id
    state: CheckState
    #: by the names of the points
    values: dict[str, Decimal]
    accepted_by: Id | None = None


class QualityChecks(Protocol):
    """The checks that hold up an order until they pass, or somebody accepts the failure.

    Of several checks by one plan, the latest counts. Every method that takes an id raises
    NotFound when nothing has it.
    """

    def required(self, order: Id, stage: CheckStage) -> list[CheckPlan]:
        """Return what must be checked of a production order at a stage; often nothing."""
        ...

    def find(self, key: str) -> QualityCheck | None:
        """Return the check that an earlier `open` with this key made."""
        ...

    def open(self, key: str, order: Id, plan: Id) -> QualityCheck:
        """Begin a check, or return the one that this key began.

        After a rework, a new key begins a new check.

        Raises:
            Rejected: the order is done or cancelled, or the plan is not for its product.
        """
        ...

    def get(self, check: Id) -> QualityCheck:
        """Return one check."""
        ...

    def of(self, order: Id) -> list[QualityCheck]:
        """Return the checks of a production order, in the order they were opened."""
        ...

    def record(self, check: Id, values: Mapping[str, Decimal]) -> QualityCheck:
        """Write down what was measured: passed or failed; the same values again change nothing.

        Raises:
            Rejected: a point is missing or unknown, or the check has other values already or
                is withdrawn: open a new one.
        """
        ...

    def accept(self, check: Id, by: Id) -> QualityCheck:
        """Let a failed check pass on a person's word; an accepted one stays as it is.

        Raises:
            Rejected: it is open, passed or withdrawn.
        """
        ...

    def withdraw(self, check: Id) -> QualityCheck:
        """Give up an open check; a withdrawn one stays.

        Raises:
            Rejected: it has values: a finding is not taken back.
        """
        ...
