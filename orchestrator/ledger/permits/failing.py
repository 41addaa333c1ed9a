"""Failing a step that waits for permits it can never have."""

from collections.abc import Callable
from contextlib import suppress

from orchestrator.errors import LostRace
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.plan import Plan
from orchestrator.states import HANDED_OVER, StepState

_FREE = (StepState.READY, *HANDED_OVER)


def fail(
    ledger: Ledger, run_id: str, name: str, plan_of: Callable[[str], Plan], failure: Failure
) -> Progress | None:
    """Fail a step that no worker holds; None where its run is over, or it went on meanwhile."""
    with suppress(LostRace), ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        if not run.is_live:
            return None
        plan = plan_of(run.version)
        critical = plan[name].step.critical
        outcome = Outcome(StepState.FAILED, failure=failure, critical=critical)
        return consequences.conclude(connection, run, plan, name, outcome, states=_FREE)
    return None
