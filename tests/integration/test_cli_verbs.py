"""The verbs on the command line; nothing runs the steps."""

from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
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


def state(orchestrator: Run, run: str) -> str:
    return str(document(orchestrator("runs", "show", run, "--json"))["state"])


def test_a_run_is_paused_and_resumed(orchestrator: Run, begun: str) -> None:
    assert orchestrator("runs", "pause", begun).stderr == f"run {begun} is paused\n"
    assert state(orchestrator, begun) == "paused"
    again = orchestrator("runs", "pause", begun, code=Exit.FAILED)
    assert again.stderr == f"run {begun} was paused already\n"

    assert orchestrator("runs", "resume", begun).stderr == f"run {begun} goes on\n"
    assert state(orchestrator, begun) == "pending"
    assert orchestrator("runs", "resume", begun, code=Exit.FAILED).stderr.endswith("not paused\n")


def test_a_verb_says_who_and_why(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "pause", begun, "--by", "ann", "--reason", "month's end")

    shown = document(orchestrator("runs", "show", begun, "--events", "--json"))

    (paused,) = [event for event in shown["events"] if event["name"] == "run.paused"]
    assert paused["detail"] == {"paused_for": "run", "by": "ann", "reason": "month's end"}


def test_who_asks_is_known_by_itself(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "pause", begun)

    shown = document(orchestrator("runs", "show", begun, "--events", "--json"))

    assert "@" in shown["events"][-1]["detail"]["by"]


def test_a_cancelled_run_is_retried(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "cancel", begun, "--stop")

    assert orchestrator("runs", "retry", begun).stderr == f"run {begun} goes on\n"
    nothing = orchestrator("runs", "retry", begun, code=Exit.FAILED)
    assert nothing.stderr == f"run {begun} has nothing to do again: it is pending\n"


def test_an_unknown_step_is_not_found(orchestrator: Run, begun: str) -> None:
    refused = orchestrator("runs", "retry", begun, "--step", "frist", code=Exit.NOT_FOUND)

    assert refused.stderr == (f"error: run {begun} has no step 'frist', did you mean 'first'?\n")


def test_a_step_is_skipped_with_a_reason(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "skip", begun, "first", code=Exit.USAGE)

    skipped = orchestrator("runs", "skip", begun, "first", "--reason", "done by hand")

    assert skipped.stderr == f"run {begun} goes on without first\n"


def test_a_run_is_run_again_with_another_input(orchestrator: Run, begun: str) -> None:
    again = orchestrator("runs", "rerun", begun, "--set", "b=3").stdout.strip()

    shown = document(orchestrator("runs", "show", again, "--json"))
    assert again != begun
    assert shown["input"] == {"a": 1, "b": 3}


def test_a_run_gets_another_priority(orchestrator: Run, begun: str) -> None:
    raised = orchestrator("runs", "priority", begun, "high")

    assert raised.stderr == f"run {begun} has priority high\n"
    assert document(orchestrator("runs", "show", begun, "--json"))["priority"] == "high"
    orchestrator("runs", "priority", begun, "high", code=Exit.FAILED)
    orchestrator("runs", "priority", begun, "urgent", code=Exit.USAGE)


def test_a_run_is_moved_to_what_the_files_say_now(
    orchestrator: Run, begun: str, tmp_path: Path
) -> None:
    orchestrator("runs", "move", begun, code=Exit.FAILED)
    file = tmp_path / "flows" / "add.yaml"
    file.write_text(file.read_text() + "  - {name: third, task: toy.add, inputs: {a: $second}}\n")

    orchestrator("runs", "move", begun)

    shown = document(orchestrator("runs", "show", begun, "--json"))
    assert [step["name"] for step in shown["steps"]] == ["first", "second", "third"]


def test_a_workflow_and_a_pool_are_held_back(orchestrator: Run, begun: str) -> None:
    orchestrator("workflows", "pause", "add", "--reason", "a bad price list")
    orchestrator("pools", "pause", "toy")

    held = document(orchestrator("paused", "--json"))
    assert [(one["kind"], one["name"]) for one in held] == [("pool", "toy"), ("workflow", "add")]
    assert "a bad price list" in orchestrator("paused").stdout
    assert state(orchestrator, begun) == "paused"

    orchestrator("pools", "resume", "toy")
    orchestrator("workflows", "resume", "add")
    assert state(orchestrator, begun) == "pending"
    assert document(orchestrator("paused", "--json")) == []
    orchestrator("pools", "resume", "toy", code=Exit.FAILED)


def test_what_there_is_not_is_not_held_back(orchestrator: Run) -> None:
    orchestrator("workflows", "pause", "ad", code=Exit.NOT_FOUND)
    refused = orchestrator("pools", "pause", "toys", code=Exit.FAILED)

    assert refused.stderr == "error: there is no pool 'toys', did you mean 'toy'?\n"


def test_one_thing_is_done_to_many_runs(orchestrator: Run, begun: str) -> None:
    other = orchestrator("run", "add", "--set", "a=1", "--set", "b=2").stdout.strip()
    tried = orchestrator("runs", "each", "pause", "--workflow", "add", "--dry-run")
    assert tried.stdout.split() == [begun, other]
    assert state(orchestrator, begun) == "pending"

    done = orchestrator("runs", "each", "pause", "--workflow", "add", "--state", "pending")

    assert done.stderr == "pause: done to 2, nothing to do for 0, refused for 0\n"
    assert state(orchestrator, begun) == state(orchestrator, other) == "paused"


def test_what_is_refused_is_said_of_each(orchestrator: Run, begun: str) -> None:
    orchestrator("runs", "cancel", begun)

    refused = orchestrator("runs", "each", "pause", "--workflow", "add", code=Exit.FAILED)

    assert refused.stderr.splitlines() == [
        f"{begun}: run {begun} is cancelled: there is nothing of it to pause",
        "pause: done to 0, nothing to do for 0, refused for 1",
    ]


def test_many_runs_must_be_described(orchestrator: Run) -> None:
    orchestrator("runs", "each", "cancel", code=Exit.USAGE)
    orchestrator("runs", "each", "priority", "--workflow", "add", code=Exit.USAGE)


def test_runs_submitted_before_a_time_are_left_out(orchestrator: Run, begun: str) -> None:
    late = orchestrator("runs", "each", "pause", "--after", "2099-01-01", "--dry-run", "--json")
    early = orchestrator("runs", "each", "pause", "--before", "2099-01-01", "--dry-run", "--json")

    assert document(late)["done"] == []
    assert document(early)["done"] == [begun]


def test_errors_are_counted_by_kind(orchestrator: Run) -> None:
    assert document(orchestrator("runs", "errors", "--json")) == []
    assert orchestrator("runs", "errors").stderr == "no run has an error\n"
