"""`orchestrator runs verify` says where a ledger and its events differ."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.cli.exits import Exit
from orchestrator.ledger import Ledger
from orchestrator.ledger.tables import runs
from tests.integration.command_line import Run, document, install


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


@pytest.fixture
def begun(orchestrator: Run) -> str:
    """The id of a run that nobody works on."""
    return orchestrator("run", "add", "--set", "a=1", "--set", "b=2").stdout.strip()


def test_runs_that_are_what_their_events_say_are_counted(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "cancel", begun)

    said = "1 of 1 runs are what their events say\n"
    assert orchestrator("runs", "verify", begun[:8]).stderr == said
    assert orchestrator("runs", "verify", "--all").stderr == said


def test_a_difference_is_printed_and_fails(
    orchestrator: Run, begun: str, sqlite_ledger_url: str
) -> None:
    ledger = Ledger(sqlite_ledger_url)
    with ledger.write() as connection:
        connection.execute(sa.update(runs).values(state="succeeded"))
    ledger.close()

    sentence = f"the state of run {begun} is succeeded in the ledger, and pending by its events"
    assert orchestrator("runs", "verify", begun, code=Exit.FAILED).stdout == f"{sentence}\n"
    found = document(orchestrator("runs", "verify", "--all", "--json", code=Exit.FAILED))
    assert found == {"runs": 1, "differences": {begun: sentence}}


@pytest.mark.parametrize("arguments", [(), ("some", "--all")])
def test_one_run_is_named_or_all_are_asked_for(
    orchestrator: Run, arguments: tuple[str, ...]
) -> None:
    assert "--all" in orchestrator("runs", "verify", *arguments, code=Exit.USAGE).stderr
