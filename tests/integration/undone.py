"""Runs that fail and are undone, by a worker's moves without a worker."""

from collections.abc import Callable
from typing import Any

from orchestrator import StepState
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from tests.integration.book import DONE, Book

FAILED = Outcome(StepState.FAILED, failure=Failure("Broken", "it broke"))
NOT_UNDONE = Outcome(StepState.FAILED, failure=Failure("Refused", "too late"), critical=False)

#: Begins a run of these steps, see the fixture `open_book`.
Open = Callable[[list[dict[str, Any]]], Book]


def step(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}


def undoable(name: str, *after: str, **more: Any) -> dict[str, Any]:
    """Return a step whose undoing takes its result."""
    undo = {"task": "toy.anything", "inputs": {"value": f"${name}"}}
    return step(name, *after, compensate=undo, **more)


def fail(book: Book, name: str) -> Progress:
    """Fail a step, and carry out what follows as far as the ledger does."""
    book.finish(name, FAILED)
    return book.settle()


def undo_all(book: Book, progress: Progress) -> list[str]:
    """Finish each undoing as it is published; return their names."""
    done = []
    while progress.hops:
        (nearer,) = progress.hops
        done.append(nearer.step)
        progress = book.record(book.take(nearer.step, nearer.attempt), DONE)
    return done
