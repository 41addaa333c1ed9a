"""`orchestrator sessions` and `orchestrator run --session`, without a worker."""

from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from tests.integration.command_line import Run, document, install


@pytest.fixture
def cli(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


def test_a_session_is_created_used_shown_and_closed(cli: Run) -> None:
    session = cli("sessions", "create", "month end", "--mode", "sequential").stdout.strip()
    cli("run", "add", "--set", "a=1", "--set", "b=2", "--session", session)

    (listed,) = document(cli("sessions", "list", "--json"))
    assert (listed["id"], listed["name"], listed["mode"]) == (session, "month end", "sequential")
    assert listed["runs"] == {"pending": 1}
    assert listed["steps"] == {"pending": 1, "queued": 1}
    assert listed["progress"] == 0

    shown = cli("sessions", "show", session).stdout.splitlines()
    assert shown[0].startswith("month end  sequential, by ")
    assert shown[1] == "runs   1 pending"
    assert shown[3] == "done   0%"

    cli("sessions", "close", session, "--reason", "enough")
    refused = cli(
        "run", "add", "--set", "a=1", "--set", "b=2", "--session", session, code=Exit.FAILED
    )
    assert "takes no more runs" in refused.stderr
    cli("sessions", "close", session, code=Exit.FAILED)
    assert cli("sessions", "list").stdout == ""
    assert "month end" in cli("sessions", "list", "--all").stdout


def test_an_unknown_session_is_not_found(cli: Run) -> None:
    said = cli("sessions", "show", "nope", code=Exit.NOT_FOUND).stderr

    assert said == "error: no session has the id 'nope': `orchestrator sessions list` shows them\n"
    cli("run", "add", "--set", "a=1", "--set", "b=2", "--session", "nope", code=Exit.NOT_FOUND)


def test_an_unknown_mode_is_a_mistake_in_the_command(cli: Run) -> None:
    cli("sessions", "create", "x", "--mode", "random", code=Exit.USAGE)
