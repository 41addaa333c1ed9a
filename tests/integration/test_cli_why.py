"""`orchestrator why`: the front of a run, in lines a person can act on."""

from pathlib import Path

import pytest

from orchestrator import Coordinator
from orchestrator.cli.exits import Exit
from tests.integration.command_line import Run, document, install


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


@pytest.fixture
def run_id(orchestrator: Run) -> str:
    """A run whose first step no worker does."""
    coordinator = Coordinator()
    begun = coordinator.submit("add", {"a": 1, "b": 2}).id
    coordinator.ledger.close()
    return begun


def test_it_shows_the_front_and_counts_what_is_behind(orchestrator: Run, run_id: str) -> None:
    shown = orchestrator("why", run_id[:20])

    assert "first" in shown.stdout
    assert "no worker of pool 'toy' is alive" in shown.stdout
    assert "second" not in shown.stdout
    assert "and 1 step that runs after these: --all shows them" in shown.stderr


def test_all_shows_every_unfinished_step(orchestrator: Run, run_id: str) -> None:
    shown = orchestrator("why", run_id, "--all")

    assert "waits for 'first' (queued)" in shown.stdout


def test_one_step_is_shown_alone(orchestrator: Run, run_id: str) -> None:
    shown = orchestrator("why", run_id, "second")

    assert "waits for 'first' (queued)" in shown.stdout
    assert "no worker" not in shown.stdout


def test_programs_get_a_document(orchestrator: Run, run_id: str) -> None:
    first, second = document(orchestrator("why", run_id, "--json"))

    assert set(first) == {"step", "cause", "sentence", "on", "since"}
    assert (first["step"], first["cause"], first["on"]) == ("first", "no_worker", ["toy"])
    assert (second["cause"], second["on"]) == ("predecessors", ["first"])


def test_a_run_that_has_ended_waits_for_nothing(orchestrator: Run, run_id: str) -> None:
    orchestrator("runs", "cancel", run_id)

    shown = orchestrator("why", run_id)

    assert f"run {run_id} waits for nothing: it is cancelled" in shown.stderr


def test_an_unknown_step_is_not_found(orchestrator: Run, run_id: str) -> None:
    refused = orchestrator("why", run_id, "frist", code=Exit.NOT_FOUND)

    assert "has no step 'frist', did you mean 'first'?" in refused.stderr
