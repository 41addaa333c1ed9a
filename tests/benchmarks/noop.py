"""The tasks of our side: one costs nothing but its way through the system, one only time."""

import time

from orchestrator import task


@task("bench.do_nothing")
def do_nothing() -> None:
    """Do nothing."""


@task("bench.sleep")
def sleep(seconds: float) -> None:
    """Do nothing for a while, without a processor."""
    time.sleep(seconds)
