"""Commands run in this process, in an installation of the toy tasks that has one workflow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.exits import Exit
from orchestrator.cli.root import app

ADD = """
name: add
steps:
  - {name: first, task: toy.add, inputs: {a: $input.a}}
  - {name: second, task: toy.add, inputs: {a: $first, b: $input.b}}
"""

#: Run a command and check its exit code.
Run = Callable[..., Result]


def install(folder: Path, ledger: str, broker: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Set the environment of an installation; return what runs a command in it."""
    (folder / "flows").mkdir()
    (folder / "flows" / "add.yaml").write_text(ADD)
    for name, value in {
        "HOME": folder / "home",
        "BROKER_URL": broker,
        "LEDGER_URL": ledger,
        "PACKAGES": "tests.toy",
        "WORKFLOWS": folder / "flows",
    }.items():
        monkeypatch.setenv(f"ORCHESTRATOR_{name}", str(value))

    def run(*arguments: str, code: Exit = Exit.SUCCEEDED) -> Result:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def document(result: Result) -> Any:
    """Return the JSON that a command printed."""
    return json.loads(result.stdout)
