"""The commands of those whom a run waits for, in an installation that has no workers."""

import json
from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from tests.integration.command_line import Run, document, install

ORDER = """
name: order
steps:
  - {name: paid, wait_for: {signal: payment, answer: {amount: number}}}
  - name: approve
    inputs: {total: $input.total}
    wait_for: {person: sales, answer: {approved: boolean, note: optional text}, deadline: 2 days}
  - {name: review, wait_for: {agent: review, answer: {issues: list}}}
"""


@pytest.fixture
def run(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    made = install(tmp_path, sqlite_ledger_url, broker, monkeypatch)
    (tmp_path / "flows" / "order.yaml").write_text(ORDER)
    return made


@pytest.fixture
def run_id(run: Run) -> str:
    return run("run", "order", "--set", "total=99").stdout.strip()


def test_the_inbox_shows_what_waits_with_what_is_asked(run: Run, run_id: str) -> None:
    shown = run("inbox").stdout
    assert [line.split()[2] for line in shown.splitlines()[1:]] == ["paid", "approve", "review"]
    assert "person sales" in shown
    assert "total: 99" in shown
    assert "approved: boolean, note: optional text" in shown

    (asked,) = document(run("inbox", "--person", "sales", "--run", run_id[:14], "--json"))
    assert (asked["step"], asked["inputs"], asked["priority"]) == (
        "approve",
        {"total": 99},
        "normal",
    )
    assert run("inbox", "--agent", "translate").stderr == "nothing waits for an answer\n"


def test_a_person_answers_with_fields(run: Run, run_id: str) -> None:
    wrong = run("answer", run_id, "approve", "--set", "aproved=true", code=Exit.USAGE)
    assert "'approved': field required" in wrong.stderr

    told = run("answer", run_id[:14], "approve", "--set", "approved=true", "--by", "ann")
    assert told.stderr == f"step 'approve' of run {run_id} is answered\n"

    late = run("answer", run_id, "approve", "--set", "approved=true", code=Exit.FAILED)
    assert "waits no longer: ann has answered" in late.stderr


def test_a_signal_is_sent_once_for_each_key(run: Run, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "paid.yaml").write_text("amount: '12.50'")

    for _ in range(2):
        told = run(
            "signal", run_id, "payment", "--input", str(tmp_path / "paid.yaml"), "--key", "t77"
        )
        assert told.stderr == f"signal 'payment' is the answer of step 'paid' of run {run_id}\n"

    unknown = run("signal", run_id, "paiment", code=Exit.FAILED)
    assert "did you mean 'payment'?" in unknown.stderr
    both = run("signal", run_id, "payment", "--value", "1", "--set", "a=1", code=Exit.USAGE)
    assert "either a --value or fields" in both.stderr
    assert "is no JSON" in run("signal", run_id, "payment", "--value", "x", code=Exit.USAGE).stderr


def test_an_agent_works_with_the_file_that_its_claim_printed(
    run: Run, run_id: str, tmp_path: Path
) -> None:
    ticket = tmp_path / "ticket.json"
    ticket.write_text(run("agent", "claim", "translate", "review", "--by", "a1").stdout)
    assert json.loads(ticket.read_text())["answer"] == {"issues": "list"}
    nothing = run("agent", "claim", "review", code=Exit.FAILED)
    assert nothing.stderr == "nothing waits for an agent that can review\n"

    ticket.write_text(run("agent", "beat", str(ticket)).stdout)
    run("agent", "fail", str(ticket), "no network", "--retry")
    void = run("agent", "complete", str(ticket), "--set", "issues=[]", code=Exit.FAILED)
    assert "it was given back" in void.stderr

    ticket.write_text(run("agent", "take", run_id, "review", "--by", "a2").stdout)
    run("agent", "give-up", str(ticket))
    ticket.write_text(run("agent", "claim", "review", "--by", "a3").stdout)
    done = run("agent", "complete", str(ticket), "--set", 'issues=["none"]')
    assert done.stderr == f"step 'review' of run {run_id} is done\n"
    assert document(run("runs", "show", run_id, "--json"))["steps"][2]["result"] == {
        "issues": ["none"]
    }


def test_a_file_that_is_no_ticket_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")

    wrong = run("agent", "beat", str(tmp_path / "report.json"), code=Exit.USAGE)
    assert "is no ticket: it holds what `orchestrator agent claim` prints" in wrong.stderr
    gone = run("agent", "beat", str(tmp_path / "gone.json"), code=Exit.USAGE)
    assert "cannot be read: No such file" in gone.stderr
