"""Workflows on the command line: listed, shown, checked before anything runs, drawn, planned."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from orchestrator import Workflow, compile
from orchestrator.cli.exits import Exit
from orchestrator.cli.root import app
from orchestrator.drawing import to_mermaid, to_text

JOIN: dict[str, Any] = {
    "name": "join",
    "description": "Two numbers become one.",
    "steps": [
        {"name": "left", "task": "toy.add", "inputs": {"a": "$input.a"}},
        {"name": "right", "task": "toy.add", "inputs": {"a": "$input.b"}},
        {"name": "both", "task": "toy.add", "inputs": {"a": "$left", "b": "$right"}},
        {"name": "last", "task": "toy.add", "inputs": {"a": "$both"}},
    ],
}
PLAN = compile(Workflow.model_validate(JOIN))


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one sound workflow; there is neither broker nor ledger."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "join.yaml").write_text(yaml.safe_dump(JOIN))
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ORCHESTRATOR_PACKAGES", "tests.toy")
    monkeypatch.setenv("ORCHESTRATOR_WORKFLOWS", str(folder))
    return folder


def run(*arguments: str, code: Exit = Exit.SUCCEEDED) -> Result:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.usefixtures("flows")
def test_a_workflow_is_listed_with_what_it_takes() -> None:
    assert json.loads(run("workflows", "list", "--json").stdout) == [
        {
            "name": "join",
            "version": PLAN.version,
            "description": "Two numbers become one.",
            "priority": "normal",
            "steps": 4,
            "input": ["a", "b"],
        }
    ]
    assert "Two numbers become one." in run("workflows", "list").stdout


@pytest.mark.usefixtures("flows")
def test_what_is_shown_is_the_file_that_would_define_it() -> None:
    assert yaml.safe_load(run("workflows", "show", "join").stdout) == JOIN
    shown = Workflow.model_validate_json(run("workflows", "show", "join", "--json").stdout)
    assert shown == Workflow.model_validate(JOIN)


def test_a_graph_is_text_and_mermaid_or_one_of_them(flows: Path) -> None:
    file = str(flows / "join.yaml")

    assert run("workflows", "graph", "join").stdout == f"{to_text(PLAN)}\n\n{to_mermaid(PLAN)}\n"
    assert run("workflows", "graph", file, "--text").stdout == f"{to_text(PLAN)}\n"
    assert run("workflows", "graph", file, "--mermaid").stdout == f"{to_mermaid(PLAN)}\n"


@pytest.mark.usefixtures("flows")
def test_a_plan_has_signatures_that_celery_can_read_back() -> None:
    from celery import signature  # noqa: PLC0415 (the one test that needs it)

    planned = json.loads(run("plan", "join", "--json").stdout)

    assert planned["levels"] == [["left", "right"], ["both"], ["last"]]
    assert planned["critical_path"] == ["left", "both", "last"]
    assert (planned["width"], planned["chords"], planned["steps"]) == (2, 1, 4)
    left, right, chord = map(signature, planned["signatures"])
    assert (left.task, right.args) == ("toy.add", ["right"])
    assert [part.args for part in chord.tasks] == [["left"], ["right"]]
    assert [part.args for part in chord.body.tasks] == [["both"], ["last"]]


@pytest.mark.usefixtures("flows")
def test_a_plan_is_readable() -> None:
    shown = run("plan", "join").stdout

    assert "  chord([left, right], chain(both, last))\n" in shown
    assert "critical path\n  left ▶ both ▶ last\n" in shown
    assert "width\n  2\n" in shown


@pytest.mark.usefixtures("flows")
def test_sound_workflows_are_passed_over_in_silence() -> None:
    checked = run("workflows", "validate")

    assert checked.stdout == ""
    assert checked.stderr == "no problems in 1 workflow\n"


def test_all_problems_of_all_files_are_listed_each_a_sentence(flows: Path) -> None:
    (flows / "broken.yaml").write_text("name: [")
    (flows / "again.yaml").write_text(yaml.safe_dump(JOIN))
    steps = [
        {"name": "one", "task": "toy.ad", "after": ["two"]},
        {"name": "two", "task": "toy.add", "inputs": {"a": "x", "c": 1}, "after": ["one", "thre"]},
    ]
    (flows / "odd.json").write_text(json.dumps({"name": "odd", "steps": steps}))

    checked = run("workflows", "validate", code=Exit.FAILED)

    lines = checked.stdout.splitlines()
    assert "broken.yaml: it cannot be read" in lines[0]
    assert (
        lines[1]
        == f"join: {str(flows / 'again.yaml')!r} defines a workflow of this name too: rename one"
    )
    assert [line.split(":")[0] for line in lines[2:]] == ["odd"] * 5
    said = "\n".join(lines)
    for problem in (
        "unknown task 'toy.ad', did you mean",
        "unknown step 'thre'",
        "one -> two -> one",
    ):
        assert problem in said
    assert checked.stderr == "7 problems in 4 workflows\n"


def test_a_child_may_stand_in_any_file_and_is_checked_with_its_parent(flows: Path) -> None:
    steps = [
        {"name": "sum", "workflow": "join", "inputs": {"a": 1, "b": "$input.b"}},
        {"name": "ask", "wait_for": {"person": "Ann"}, "after": ["sum"], "join": "all_done"},
        {"name": "told", "task": "toy.add", "inputs": {"a": 1}, "join": "any"},
    ]
    steps[2]["after"] = ["sum", "ask"]
    parent = flows.parent / "parent.json"
    parent.write_text(json.dumps({"name": "parent", "steps": steps}))

    assert run("workflows", "validate", str(parent)).stdout == ""
    planned = run("plan", str(parent)).stdout
    assert "kept by the ledger\n  sum  workflow join\n  ask  waits for Ann\n" in planned
    assert "counted by the ledger\n  told  ◀ any of sum, ask\n" in planned

    (flows / "join.yaml").write_text("name: [")
    checked = run("workflows", "validate", str(parent), code=Exit.FAILED)
    assert checked.stdout == "parent: step 'sum' runs unknown workflow 'join'\n"


def test_a_file_is_checked_before_it_is_put_in_its_place(flows: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    new.write_text(json.dumps(JOIN | {"name": "new"}))
    (flows / "broken.yaml").write_text("name: [")

    (found,) = json.loads(run("workflows", "validate", str(new), "--json").stdout)

    assert found == {"name": "new", "file": str(new), "problems": []}


@pytest.mark.usefixtures("flows")
def test_each_wrong_field_of_a_file_is_a_problem_of_its_own(flows: Path) -> None:
    step = {"name": "one", "task": "toy.add", "afer": [], "retry": {"max_attempts": 0}}
    (flows / "odd.json").write_text(json.dumps({"name": "odd", "stepz": [], "steps": [step]}))

    checked = run("workflows", "validate", str(flows / "odd.json"), "--json", code=Exit.FAILED)

    (found,) = json.loads(checked.stdout)
    assert [problem.partition(" is ")[0] for problem in found["problems"]] == [
        "field 'retry.max_attempts' of step 'one'",
        "field 'afer' of step 'one'",
        "field 'stepz'",
    ]


def test_a_file_that_is_not_there_is_a_problem_of_it() -> None:
    checked = run("workflows", "validate", "nowhere.yaml", code=Exit.FAILED)

    assert "nowhere.yaml: it cannot be read: No such file or directory" in checked.stdout
