"""The verbs of an operator on a book's run, as the coordinator calls them."""

from collections.abc import Callable
from typing import Any

from orchestrator import Priority
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import maps
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import lock
from orchestrator.ledger.log.verification import verify
from orchestrator.ledger.verbs import cancelling, paused_runs, reprioritizing, retrying, skipping
from orchestrator.ledger.views import list_events
from orchestrator.states import StepState
from tests.integration.book import Book

FAILED = Outcome(StepState.FAILED, failure=Failure("NoPaper", "the printer is empty"))
TOLERATED = Outcome(StepState.FAILED, failure=FAILED.failure, critical=False)
WHO: dict[str, Any] = {"by": "a test", "reason": "to see"}


class Operated(Book):
    """A book whose run an operator changes."""

    @property
    def plans(self) -> Plans:
        return Plans(self.ledger)

    def retry(self, *named: str, onwards: bool = False) -> tuple[Progress, ...]:
        return retrying.retry(
            self.ledger, self.run_id, self.plans, named=named, onwards=onwards, **WHO
        )

    def skip(self, *named: str) -> tuple[Progress, ...]:
        return skipping.skip(self.ledger, self.run_id, self.plans, named, **WHO)

    def pause(self) -> bool:
        return paused_runs.pause(self.ledger, self.run_id, **WHO)

    def resume(self) -> Progress | None:
        return paused_runs.resume(self.ledger, self.run_id, **WHO)

    def stop_all(self) -> tuple[Progress, ...]:
        return cancelling.cancel_family(self.ledger, self.run_id, self.plans, stop=True, **WHO)

    def reprioritize(self, priority: Priority, *, all_steps: bool = False) -> list[Progress]:
        return reprioritizing.change(
            self.ledger, self.run_id, self.plans, priority, all_steps=all_steps, **WHO
        )

    def begin(self, name: str, items: list[Any]) -> None:
        """Open a map, as whoever sets it free does."""
        with self.ledger.write() as connection:
            run = lock(connection, self.run_id, exclusive=True)
            maps.begin(connection, run, self.plan[name], items)

    def told(self) -> str | None:
        """Return where the ledger differs from what the events say."""
        return verify(self.ledger, self.run_id, self.plans)

    def states(self) -> dict[str, str]:
        return self.column("state")

    def done(self, *names: str) -> None:
        """Let these steps succeed, at whichever attempt they are."""
        for name in names:
            told = self.record(self.take(name, attempt=self.column("attempts")[name] + 1))
            if told.settle:
                self.settle()

    def failed(self, name: str, outcome: Outcome = FAILED) -> None:
        """Let a step fail for good, and the run end if it can."""
        self.record(self.take(name, attempt=self.column("attempts")[name] + 1), outcome)
        self.settle()

    def events(self, *names: str) -> list[tuple[str, str | None]]:
        found = [event for _, event in list_events(self.ledger, self.run_id)]
        return [(event.name, event.step) for event in found if event.name in names]

    def said(self, name: str) -> dict[str, Any]:
        """Return what the last event of this name says."""
        found = [e.detail for _, e in list_events(self.ledger, self.run_id) if e.name == name]
        return found[-1]


#: Makes a book with a worker, of these steps.
Operate = Callable[[list[dict[str, Any]]], Operated]
