"""What the commands read from a ledger and write to it; nothing runs the steps."""

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


def test_a_run_is_listed_under_the_id_that_was_printed(orchestrator: Run, begun: str) -> None:
    (listed,) = document(orchestrator("runs", "list", "--json"))

    assert listed["id"] == begun
    assert listed["workflow"] == "add"
    assert listed["state"] == "pending"
    assert listed["input"] == {"a": 1, "b": 2}
    assert begun in orchestrator("runs", "list").stdout


def test_a_list_is_filtered_by_workflow_and_state(orchestrator: Run, begun: str) -> None:
    def ids(*options: str) -> list[str]:
        return [run["id"] for run in document(orchestrator("runs", "list", "--json", *options))]

    assert ids("--workflow", "add", "--state", "pending", "--state", "failed") == [begun]
    assert ids("--workflow", "other") == []
    assert ids("--state", "failed") == []


@pytest.mark.parametrize("noun", ["runs", "workflows"])
def test_an_empty_list_is_an_empty_document(
    orchestrator: Run, noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_WORKFLOWS", "nowhere")

    assert document(orchestrator(noun, "list", "--json")) == []
    shown = orchestrator(noun, "list")
    assert shown.stdout == ""
    assert shown.stderr.startswith(f"no {noun}: ")


def test_the_keys_of_a_runs_document_stay_as_they_are(orchestrator: Run, begun: str) -> None:
    shown = document(orchestrator("runs", "show", begun, "--json", "--events"))

    assert list(shown) == [
        *("id", "workflow", "version", "state", "priority", "input", "idempotency_key"),
        *("submitted_at", "started_at", "ended_at", "error", "warnings", "undone"),
        *("stands", "ending", "result", "steps", "events"),
    ]
    assert list(shown["steps"][0]) == [
        *("name", "task", "state", "priority", "attempts", "worker", "queued_at", "due_at"),
        *("started_at", "ended_at", "result", "error", "reason"),
    ]
    assert list(shown["events"][0]) == ["id", "name", "at", "step", "attempt", "worker", "detail"]
    assert [step["name"] for step in shown["steps"]] == ["first", "second"]


def test_a_run_may_be_named_by_the_beginning_of_its_id(orchestrator: Run, begun: str) -> None:
    assert begun in orchestrator("runs", "show", begun[:6]).stdout


def test_a_beginning_that_several_runs_have_is_refused(orchestrator: Run, begun: str) -> None:
    orchestrator("run", "add", "--set", "a=3", "--set", "b=4")

    refused = orchestrator("runs", "show", begun[:2], code=Exit.NOT_FOUND)

    assert refused.stderr == (
        f"error: several runs have an id that begins with {begun[:2]!r}: write more\n"
    )


def test_the_same_key_gives_the_same_run(orchestrator: Run) -> None:
    command = ("run", "add", "--set", "a=1", "--set", "b=2", "--key", "order-7")

    assert orchestrator(*command).stdout == orchestrator(*command).stdout


def test_a_priority_is_given_and_shown_by_its_name(orchestrator: Run) -> None:
    command = ("run", "add", "--set", "a=1", "--set", "b=2", "--priority", "high", "--json")

    assert document(orchestrator(*command))["priority"] == "high"


def test_cancelling_ends_a_run_once(orchestrator: Run, begun: str) -> None:
    first = orchestrator("runs", "cancel", begun, "--reason", "the order was withdrawn")
    assert "the order was withdrawn" in first.stderr
    assert document(orchestrator("runs", "show", begun, "--json"))["state"] == "cancelled"

    second = orchestrator("runs", "cancel", begun, code=Exit.FAILED)
    assert second.stderr == f"run {begun} had already been cancelled\n"


def test_a_run_that_has_not_succeeded_has_no_result(orchestrator: Run, begun: str) -> None:
    refused = orchestrator("runs", "result", begun, "--json", code=Exit.FAILED)

    assert refused.stderr == f"error: run {begun} has no result: it is pending\n"


def test_a_single_task_is_submitted_looked_at_and_cancelled(orchestrator: Run) -> None:
    task_id = orchestrator("tasks", "submit", "toy.add", "--set", "a=1").stdout.strip()

    assert orchestrator("tasks", "status", task_id).stdout.strip() in ("ready", "queued")
    stopped = document(orchestrator("tasks", "cancel", task_id, "--json"))
    assert stopped == {"id": task_id, "state": "cancelled", "stopped": True}
    again = orchestrator("tasks", "cancel", task_id, "--json", code=Exit.FAILED)
    assert document(again) == {"id": task_id, "state": "cancelled", "stopped": False}


def test_tasks_are_listed_with_what_they_take_and_give(orchestrator: Run) -> None:
    listed = {task["name"]: task for task in document(orchestrator("tasks", "list", "--json"))}

    assert listed["toy.quote"] == {
        "name": "toy.quote",
        "pool": "toy",
        "inputs": [
            {"name": "net", "type": "Decimal", "required": True},
            {"name": "day", "type": "date", "required": True},
        ],
        "result": "Quote",
    }
    assert "toy.quote" in orchestrator("tasks", "list").stdout


def test_messages_are_counted_by_pool_and_priority(orchestrator: Run, begun: str) -> None:
    assert begun

    none = dict.fromkeys(("critical", "high", "low", "background"), 0)
    assert document(orchestrator("queues", "--json")) == [
        {"queue": "toy", **none, "normal": 1, "total": 1}
    ]


def test_a_pool_without_workers_is_listed_with_none(orchestrator: Run) -> None:
    assert document(orchestrator("workers", "--json")) == [{"pool": "toy", "processes": 0}]


def test_the_tables_of_a_new_ledger_are_made(
    orchestrator: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LEDGER_URL", f"sqlite:///{tmp_path / 'new' / 'ledger.db'}")

    orchestrator("db", "upgrade")

    assert document(orchestrator("runs", "list", "--json")) == []
