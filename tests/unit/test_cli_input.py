"""What `--set` and `--input` say, and where a workflow is looked for."""

import json
from pathlib import Path

import pytest

from orchestrator import Workflow
from orchestrator.cli.config import redacted
from orchestrator.cli.definitions import is_file
from orchestrator.cli.run_input import parse_assignments, read_input
from orchestrator.cli.up import sizes_of
from orchestrator.errors import InvalidInput


def taking(*names: str) -> Workflow:
    inputs = {name: f"$input.{name}" for name in names}
    return Workflow.model_validate(
        {"name": "ship", "steps": [{"name": "add", "task": "toy.add", "inputs": inputs}]}
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("order=1042", 1042),
        ("order=true", True),
        ('order={"lines": [1, 2]}', {"lines": [1, 2]}),
        ('order="1042"', "1042"),
        ("order=FI-1042", "FI-1042"),
        ("order=a=b", "a=b"),
        ("order=", ""),
    ],
)
def test_a_value_is_json_where_it_parses_else_text(text: str, value: object) -> None:
    assert parse_assignments([text]) == {"order": value}


@pytest.mark.parametrize("text", ["order", "=1042", ""])
def test_what_sets_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="write NAME=VALUE"):
        parse_assignments([text])


@pytest.mark.parametrize(
    ("name", "content"), [("in.json", json.dumps({"order": 7})), ("in.yaml", "order: 7")]
)
def test_a_file_has_the_whole_input_and_set_wins_over_it(
    tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / name
    file.write_text(content)

    assert read_input(taking("order"), str(file), []) == {"order": 7}
    assert read_input(taking("order"), str(file), ["order=8"]) == {"order": 8}


def test_a_file_of_another_kind_is_the_one_input(tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(b"Subject: 10 \xe4\r\n")

    assert read_input(taking("email"), str(file), []) == {"email": b"Subject: 10 \xe4\r\n"}


def test_of_a_workflow_with_two_inputs_it_cannot_be_the_input(tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.touch()

    with pytest.raises(InvalidInput, match="'ship' takes country, order"):
        read_input(taking("order", "country"), str(file), [])


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[1, 2]", "holds a list"), ("{", "neither JSON nor YAML"), (None, "cannot be read")],
)
def test_a_file_that_is_no_input_is_refused_by_its_name(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    file = tmp_path / "in.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(InvalidInput, match=rf"in\.json' .*{problem}|in\.json' {problem}"):
        read_input(taking("order"), str(file), [])


@pytest.mark.parametrize(
    ("argument", "is_one"),
    [("offers", False), ("a.b", False), ("a.json", True), ("flows/a", True), ("./a.yml", True)],
)
def test_a_workflow_is_a_file_by_its_ending_or_its_folder(argument: str, *, is_one: bool) -> None:
    assert is_file(argument) is is_one


def test_a_pool_may_have_its_own_size() -> None:
    assert sizes_of(["billing=4", "inventory"], 2) == {"billing": 4, "inventory": 2}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://:secret@broker:6379/0", "redis://:***@broker:6379/0"),
        ("redis://name:secret@broker/0", "redis://name:***@broker/0"),
        ("postgresql+psycopg://me:a%40b@host/db", "postgresql+psycopg://me:***@host/db"),
        ("postgresql+psycopg://host/db?password=x&a=1", "postgresql+psycopg://host/db?password=***&a=1"),
        ("redis://broker:6379/0", "redis://broker:6379/0"),
        ("sqlite:////data/ledger.db", "sqlite:////data/ledger.db"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert redacted(address) == shown
