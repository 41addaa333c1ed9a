"""The soft limit of an attempt, as the business meets it: a `StepTimedOut` in its function.

Celery's own handler raises a Celery error wherever the process happens to be, between
two statements of the ledger too. Here the signal means something only while the
function runs, and the business knows the error without knowing Celery.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from orchestrator.errors import StepTimedOut
from orchestrator.workflow import Step

#: What the parent sends a process of the pool at its task's soft limit.
_SIGNAL = signal.SIGUSR1


@contextmanager
def soft_limit(step: Step) -> Iterator[None]:
    """Let the step's soft limit raise `StepTimedOut` in the block, and do nothing after it."""
    timeout = step.timeout
    if timeout is None or threading.current_thread() is not threading.main_thread():
        yield  # a pool of threads has no limits: nobody sends it the signal
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StepTimedOut(f"step {step.name!r} ran longer than its {timeout.soft} s")

    signal.signal(_SIGNAL, stop)
    try:
        yield
    finally:
        signal.signal(_SIGNAL, signal.SIG_IGN)
