"""Cancelling on the command line says what became of it; nothing runs the steps."""

from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from tests.integration.command_line import Run, document, install

ORDER = """
name: order
steps:
  - {name: approve, wait_for: {person: ann}, compensate: {task: toy.note}}
  - {name: send, task: toy.note, after: [approve]}
"""


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    made = install(tmp_path, sqlite_ledger_url, broker, monkeypatch)
    (tmp_path / "flows" / "order.yaml").write_text(ORDER)
    return made


@pytest.fixture
def undoing(orchestrator: Run) -> str:
    """The id of a run that is cancelled, and waits for a worker to undo what ann approved."""
    run = orchestrator("run", "order").stdout.strip()
    orchestrator("answer", run, "approve", "--set", "fine=true")
    done = orchestrator("runs", "cancel", run, "--reason", "withdrawn")
    assert done.stderr == f"run {run} is stopping: withdrawn\n"
    return run


def test_a_run_that_is_undone_is_not_said_to_be_stopping(orchestrator: Run, undoing: str) -> None:
    again = orchestrator("runs", "cancel", undoing, code=Exit.FAILED)

    assert again.stderr == (
        f"run {undoing} is already coming to its end (cancelled), and undoes what it did\n"
    )
    assert document(orchestrator("runs", "show", undoing, "--json"))["ending"] == "cancelled"


def test_its_undoings_can_be_stopped(orchestrator: Run, undoing: str) -> None:
    stopped = orchestrator("runs", "cancel", undoing, "--let-stand", "--reason", "it does harm")

    assert stopped.stderr == f"run {undoing} undoes nothing more: it does harm\n"
    shown = document(orchestrator("runs", "show", undoing, "--json"))
    assert (shown["state"], shown["ending"]) == ("cancelled", None)
    assert shown["stands"] == ["approve (undoing cancelled: it does harm)"]
    again = orchestrator("runs", "cancel", undoing, "--let-stand", code=Exit.FAILED)
    assert again.stderr == f"run {undoing} had already been cancelled\n"
