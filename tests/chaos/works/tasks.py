"""One task that can do all that a step may do to us, and one that waits to be hit."""

import time
from pathlib import Path
from typing import Any

from orchestrator import Attempt, task
from tests.chaos.works import record


class NotYet(Exception):
    """Raised by an attempt that is meant to fail."""


@task("works.work")
def work(
    attempt: Attempt, seconds: float = 0, fails: int = 0, after: list[Any] | None = None
) -> str:
    """Work for so long, half of it before the effect and half after; fail so many times first."""
    del after  # the results of those it follows, where it refers to them
    with record.noted(attempt):
        if attempt.number <= fails:
            raise NotYet(f"attempt {attempt.number} of {fails} that fail")
        time.sleep(seconds / 2)
        record.make_effect(attempt)
        time.sleep(seconds / 2)
    return attempt.step


@task("works.hold")
def hold(attempt: Attempt, until: str) -> str:
    """Work until a file appears, at most a minute."""
    with record.noted(attempt):
        deadline = time.monotonic() + 60
        while not Path(until).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        record.make_effect(attempt)
    return attempt.step
