"""What becomes of the rows of steps when one of them ends."""

from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow.finishing import ENDED
from orchestrator.ledger.tables import steps
from orchestrator.states import StepState

_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)
_ONE: sa.ColumnElement[int] = sa.literal_column("1")

#: Of the one that is done, if it has neither failed nor is to be tried again.
ENDED_WELL = ENDED | {"error": sa.null(), "due_at": sa.null()}

#: Of one that is free now.
FREED = {"state": StepState.QUEUED, "missing": 0, "queued_at": _NOW, "ready_at": _NOW}


def counted(
    left: sa.ColumnElement[int], is_free: sa.ColumnElement[bool], free: Any
) -> dict[str, Any]:
    """Return what becomes of a pending step's row for which one end more is counted.

    Args:
        left: how many are missing to it then.
        is_free: none is.
        free: its state if so.
    """
    return {
        "missing": left,
        "state": sa.case((is_free, free), else_=steps.c.state),
        "queued_at": sa.case((is_free, _NOW)),
        "ready_at": sa.case((is_free, _NOW)),
    }


#: Of a join that one step less is missing to.
COUNTED = counted(steps.c.missing - _ONE, steps.c.missing == _ONE, StepState.QUEUED)
