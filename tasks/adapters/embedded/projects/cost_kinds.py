"""What was bought for a project, and what it was for."""

import datetime as dt
from enum import StrEnum

from tasks.values import Id, Money, Value


class CostKind(StrEnum):
    """What money went for, besides the hours of our own people."""

    MATERIAL = "material"
    OTHER = "other"  #: travel, rent, what others did for us


class ProjectCost(Value):
    """Something that was bought for a project."""

    id: Id
    #: the key it was booked with
    key: str
    project: Id
    kind: CostKind
    #: below zero where a supplier gave something back
    amount: Money
    on: dt.date
    text: str
