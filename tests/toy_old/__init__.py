"""The toy pool as it was before most of its tasks were written: a release that is replaced."""

from orchestrator import task


@task("toy.add")
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    return a + b
