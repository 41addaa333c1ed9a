"""Whether and when a failed attempt is followed by another: pure decisions."""

import random
import traceback

from orchestrator.definition.policies import Retry
from orchestrator.errors import (
    DoNotRetry,
    InputMismatch,
    ResultTooLarge,
    WorkersLost,
    WorkflowError,
)
from orchestrator.ledger.flow.outcome import Failure, Outcome, kept
from orchestrator.states import StepState
from orchestrator.workflow import Step

#: Another attempt would meet the same.
_FINAL = (DoNotRetry, InputMismatch, ResultTooLarge, WorkersLost, WorkflowError)

_MESSAGE_CHARACTERS = 4000
_TRACEBACK_CHARACTERS = 8000


def outcome_of(
    error: BaseException, step: Step, failures: int, *, chance: float | None = None
) -> Outcome:
    """Return what becomes of a step whose attempt raised.

    Args:
        failures: attempts that failed, this one included.
        chance: 0 to 1, for the jitter; drawn when None.
    """
    failure = Failure(
        type=type(error).__name__,
        message=_said_by(error) or type(error).__name__,
        traceback="".join(traceback.format_exception(error))[-_TRACEBACK_CHARACTERS:],
    )
    if not is_retried(error, step.retry, failures):
        return Outcome(StepState.FAILED, failure=failure, critical=step.critical)
    delay = backoff(step.retry, failures, random.random() if chance is None else chance)  # noqa: S311 - spreads load
    return Outcome(
        StepState.WAITING,
        failure=failure,
        due_in=delay,
        reason=f"attempt {failures} failed ({failure.type}); the next of "
        f"{step.retry.max_attempts} follows in {delay:.1f} s",
        critical=step.critical,
    )


def _said_by(error: BaseException) -> str:
    """Return an error's message as any ledger can keep it."""
    try:
        said = str(error)[:_MESSAGE_CHARACTERS]
    except Exception:  # of a class with a `__str__` of its own
        return ""
    return kept(said)


def is_retried(error: BaseException, retry: Retry, failures: int) -> bool:
    """Say whether another attempt follows."""
    if failures >= retry.max_attempts or isinstance(error, _FINAL):
        return False
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return not retry.on or not kinds.isdisjoint(retry.on)


def backoff(retry: Retry, failures: int, chance: float) -> float:
    """Return the seconds to wait after so many failures.

    >>> backoff(Retry(max_attempts=5, backoff=2, factor=3, jitter=0), failures=2, chance=0.5)
    6.0
    """
    try:
        full = retry.backoff * retry.factor ** (failures - 1)
    except OverflowError:
        full = retry.max_backoff
    return float(min(retry.max_backoff, full) * (1 - retry.jitter * chance))
