"""What `--json` prints: documents whose keys stay as they are."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator.ledger.views import Run, StepView

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator


def run_document(run: Run) -> dict[str, Any]:
    """Return a run, with its priority by name."""
    return {**asdict(run), "priority": run.priority.name.lower()}


def listed_run(run: Run) -> dict[str, Any]:
    """Return a run of a list: without what a list does not read from the log."""
    unread = ("warnings", "undone", "stands")
    return {name: value for name, value in run_document(run).items() if name not in unread}


def step_document(step: StepView) -> dict[str, Any]:
    """Return a step, with its priority by name."""
    return {**asdict(step), "priority": step.priority.name.lower()}


def whole_run(coordinator: "Coordinator", run_id: str) -> dict[str, Any]:
    """Return a run with its steps and what it gave so far."""
    return {
        **run_document(coordinator.run(run_id)),
        "result": coordinator.result(run_id),
        "steps": [step_document(step) for step in coordinator.steps(run_id)],
    }


def events(coordinator: "Coordinator", run_id: str) -> list[dict[str, Any]]:
    """Return the log of a run."""
    return [{"id": number, **asdict(event)} for number, event in coordinator.events(run_id)]
