"""What becomes of the rows of steps when one of them ends."""

from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow.finishing import ENDED
from orchestrator.ledger.tables import steps
from orchestrator.states import StepState

_NOW: sa.BindParameter[Any] = sa.bindparam("now", type_=steps.c.queued_at.type)
_IS_LAST = steps.c.missing == sa.literal_column("1")

#: Of the one that is done, if it has neither failed nor is to be tried again.
ENDED_WELL = ENDED | {"error": sa.null(), "due_at": sa.null()}

#: Of one that is free now.
FREED = {"state": StepState.QUEUED, "missing": 0, "queued_at": _NOW, "ready_at": _NOW}

#: Of a join that one step less is missing to.
COUNTED = {
    "missing": steps.c.missing - sa.literal_column("1"),
    "state": sa.case((_IS_LAST, StepState.QUEUED), else_=steps.c.state),
    "queued_at": sa.case((_IS_LAST, _NOW)),
    "ready_at": sa.case((_IS_LAST, _NOW)),
}
