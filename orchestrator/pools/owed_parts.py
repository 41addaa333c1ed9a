"""The parts that the steps of a burst owe to the chords of the joins after them.

A join begins with the last part of its chord. So as long as a process goes on with steps that
each owe a part to the same chords, no join waits for those it keeps: all are given in one go,
with the last. What is lost with a process that dies, maintenance finds.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from orchestrator import canvas
from orchestrator.chords import Part
from orchestrator.ledger.flow.progress import Progress
from orchestrator.plan import Plan
from orchestrator.progression import left_to_maintenance


class OwedParts:
    """Those of one burst.

    Args:
        app: of the pool.
        plan_of: returns the plan of a version.
    """

    def __init__(self, app: Any, plan_of: Callable[[str], Plan]) -> None:
        self._app = app
        self._plan_of = plan_of
        self._parts: list[Part] = []
        self._joins: set[str] = set()

    def __enter__(self) -> Self:
        """Begin a burst."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give what is still owed, however the burst ended."""
        with left_to_maintenance("maintenance finds the joins of a burst"):
            self._give()

    def settle(self, progress: Progress) -> Progress:
        """Give the parts of a step that has ended, and those kept, if a join may wait for them.

        Returns:
            What else is to be told of the step.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        plan = self._plan_of(progress.version)
        self._parts += canvas.parts(self._app, progress, plan)
        self._joins.update(nearer.step for nearer in progress.joins)
        taken = progress.taken
        if taken is None or not self._joins.issubset(plan[taken.step].before):
            self._give()
        return replace(progress, joins=())

    def _give(self) -> None:
        parts, self._parts = self._parts, []
        self._joins.clear()
        canvas.give(self._app, parts)
