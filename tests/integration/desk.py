"""An installation without workers: what waits, those who answer it, and maintenance on call."""

from typing import Any

from orchestrator import Coordinator, Run, RunState, StepState
from orchestrator.ledger import moved_clock
from orchestrator.ledger.log.verification import verify_all
from orchestrator.maintenance import Maintenance
from tests.integration.installation import Installation

HOUR = 3600.0
DAY = 24 * HOUR


class Desk:
    """Where nothing goes on by itself: time is moved, and maintenance comes when it is called."""

    def __init__(self, made: Installation) -> None:
        self.made = made
        self.coordinator = made.coordinator
        self.ledger = made.ledger
        self.maintenance = Maintenance(made.settings)
        #: tells nobody what its verbs set free, as if its process died after each commit
        self.forgetful = Coordinator(made.settings.model_copy(update={"broker_url": ""}))

    def close(self) -> None:
        """End it; each run must be what its events say."""
        told = [each for _, each in verify_all(self.ledger, self.coordinator._plans) if each]
        self.forgetful.ledger.close()
        self.maintenance._ledger.close()
        assert told == []

    def begin(self, *steps: dict[str, Any], **options: Any) -> str:
        """Begin a run and return its id; what can be opened waits then."""
        return self.made.submit(list(steps), **options).id

    def after(self, seconds: float) -> None:
        """Let time pass, and maintenance look around."""
        moved_clock.move(self.ledger, seconds)
        self.maintenance.tick()

    def run(self, run_id: str) -> Run:
        return self.coordinator.run(run_id)

    def state(self, run_id: str) -> RunState:
        return self.run(run_id).state

    def step(self, run_id: str, name: str) -> Any:
        return next(s for s in self.coordinator.steps(run_id) if s.name == name)

    def states(self, run_id: str) -> dict[str, StepState]:
        return {step.name: step.state for step in self.coordinator.steps(run_id)}

    def log(self, run_id: str, name: str) -> list[dict[str, Any]]:
        """Return what the events of this name say."""
        return [e.detail for _, e in self.coordinator.events(run_id) if e.name == name]


#: The fields of a step beside what it waits for.
_OF_STEP = ("after", "inputs", "critical", "priority", "when", "join")


def waits(name: str = "ask", **more: Any) -> dict[str, Any]:
    """Return a step that waits."""
    of_step = {key: more.pop(key) for key in _OF_STEP if key in more}
    return {"name": name, "wait_for": more, **of_step}


def note(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}
