"""The task of our side: a step that costs nothing but its way through the system."""

from orchestrator import task


@task("bench.do_nothing")
def do_nothing() -> None:
    """Do nothing."""
