"""Steps of the toy tasks as definitions, and what their diary tells."""

from typing import Any

from orchestrator import Run
from tests.integration.installation import Installation


def note(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after}


def hold(toy: Installation, gate: str, name: str = "holds", *after: str) -> dict[str, Any]:
    until = {"until": str(toy.gate(gate))}
    return {"name": name, "task": "toy.hold", "inputs": until, "after": after}


def fails(name: str, *after: str, times: int = 1) -> dict[str, Any]:
    """Return a step whose first attempts fail for good; a retry by hand makes another."""
    return {"name": name, "task": "toy.fail", "inputs": {"times": times}, "after": after}


def starts(toy: Installation, run: Run) -> list[str]:
    """Return the steps of a run in the order in which they started."""
    return [entry.step for entry in toy.diary(run, "start")]
