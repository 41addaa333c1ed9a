"""Answering a step by its name: what a person does, or an operator in anybody's place."""

from collections.abc import Callable

from orchestrator.definition.answer_check import fitted
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.ledger.waiting import open_waits
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan
from orchestrator.states import StepState


def answer(
    ledger: Ledger,
    run_id: str,
    step: str,
    text: str,
    plan_of: Callable[[str], Plan],
    *,
    by: str,
    reason: str,
) -> Progress:
    """End a step with an answer, whoever it was asked of and whoever has claimed it.

    Args:
        text: the answer, JSON.

    Raises:
        RunNotFound: no run has this id.
        NotWaiting: the step waits for no answer, or somebody was faster.
        InvalidAnswer: it does not fit; the step waits on.
    """
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        plan = plan_of(run.version)
        open_waits.find(connection, run, plan, step)
        result = fitted(step, wait_of(plan[step].step).answer, text)
        said = {"by": by, **({"reason": reason} if reason else {})}
        outcome = Outcome(StepState.SUCCEEDED, result=result)
        return consequences.conclude(
            connection, run, plan, step, outcome, states=(StepState.WAITING,), **said
        )
