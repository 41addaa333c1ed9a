"""The samples of a demonstration: submitted, and sorted by what became of them."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.cli import output
from orchestrator.cli.progress import Progress
from orchestrator.demo import Ended, Submission
from orchestrator.errors import ConfigurationError
from orchestrator.ledger.views import Run
from orchestrator.states import RunState, StepState
from orchestrator.why.reasons import Cause, Reason

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator


class Samples:
    """The runs of a demonstration; several samples may be one run, by their key.

    Attributes:
        labels: of the samples that led to each run.
        count: how many samples there were.
        first: one of them, to be begun by hand.
    """

    def __init__(self, coordinator: "Coordinator", submissions: Iterable[Submission]) -> None:
        """Submit them.

        Raises:
            ConfigurationError: there are none.
        """
        self.coordinator = coordinator
        self.labels: dict[str, list[str]] = {}
        self.count = 0
        self.first: Submission | None = None
        self._ends: dict[str, RunState] = {}
        since = dt.datetime.now(dt.UTC)
        for submission in submissions:
            run = coordinator.submit(
                submission.workflow,
                submission.input,
                idempotency_key=submission.idempotency_key,
            )
            self.labels.setdefault(run.id, []).append(submission.label)
            self._ends[run.id] = submission.ends
            self.first = self.first or submission
            self.count += 1
        if not self.labels:
            raise ConfigurationError("the demo of the application submits nothing: add a sample")
        self.progress = Progress(coordinator, self.labels)
        #: why a step waited for a permit, of the first that was seen to
        self.waited: tuple[Run, Reason] | None = None
        self._since = since

    @property
    def runs(self) -> list[Run]:
        """The runs, in the order of their first samples."""
        return list(self.progress.runs.values())

    @property
    def old(self) -> list[Run]:
        """The runs that an earlier demonstration began."""
        return [run for run in self.runs if run.submitted_at < self._since]

    @property
    def failed(self) -> list[Run]:
        """The runs that did not end as they were meant to, or not in time."""
        return [run for run in self.runs if run.state is not self._ends[run.id]]

    @property
    def busiest(self) -> Run:
        """The run with the most steps done: the one to show."""
        return max(
            self.runs,
            key=lambda run: sum(
                step.state is StepState.SUCCEEDED for step in self.progress.steps[run.id]
            ),
        )

    def look_at_parked(self) -> None:
        """Ask why a step waits for permits, once, when one does."""
        if self.waited is not None:
            return
        for run_id in self.progress.open:
            for step in self.progress.steps[run_id]:
                if step.state is StepState.PARKED:
                    (reason,) = self.coordinator.why(run_id, step.name)
                    if reason.cause is Cause.PERMIT and reason.on:
                        self.waited = self.progress.runs[run_id], reason
                    return

    def ended(self) -> list[Ended]:
        """Return the runs that ended as they were meant to, with what their steps gave."""
        return [
            Ended(tuple(self.labels[run.id]), run, self.coordinator.results(run.id))
            for run in self.runs
            if run.state is self._ends[run.id]
        ]

    def tell(self, run: Run) -> None:
        """Say in a line that a run has ended."""
        again = "  (of an earlier demo)" if run.submitted_at < self._since else ""
        output.say(f"  {', '.join(self.labels[run.id])}  {run.state}{again}")
