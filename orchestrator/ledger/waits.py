"""What waiting steps wait for."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.outcome import Outcome
from orchestrator.workflow import Step


def begin(
    connection: sa.Connection, run: LockedRun, step: Step, read: Callable[[Any], Any]
) -> Outcome | None:
    """Let a step wait; return its outcome if the answer has come before it.

    Args:
        read: resolves the references in a value of the definition.

    Raises:
        Missing: it refers to what is not there.
    """
    raise NotImplementedError
