"""What a command says when something it needs is not there, or is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from tests.integration.command_line import Run, document, install
from tests.repository import ROOT

#: Nobody listens there.
NO_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


def test_without_a_broker_queues_are_unavailable(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BROKER_URL", NO_BROKER)

    refused = orchestrator("queues", code=Exit.UNAVAILABLE)

    assert refused.stderr.startswith("error: the broker does not answer: ")


def test_without_a_ledger_runs_are_unavailable(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LEDGER_URL", "sqlite:////nowhere/ledger.db")

    refused = orchestrator("runs", "list", code=Exit.UNAVAILABLE)

    assert refused.stderr.startswith("error: the ledger does not answer: ")


@pytest.mark.usefixtures("orchestrator")
@pytest.mark.parametrize("database", ["postgres_url", "an empty file"])
def test_a_ledger_without_tables_is_unavailable_until_it_has_them(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = f"sqlite:///{tmp_path / 'new.db'}"
    url = request.getfixturevalue(database) if database == "postgres_url" else file

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestrator", *arguments],
            cwd=ROOT,
            env={**os.environ, "ORCHESTRATOR_LEDGER_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run("runs", "list")
    assert refused.returncode == Exit.UNAVAILABLE, refused.stderr
    assert refused.stderr.endswith(": `orchestrator db upgrade` makes them\n")
    assert refused.stderr.count("\n") == 1

    assert run("db", "upgrade").returncode == Exit.SUCCEEDED
    assert run("runs", "list").returncode == Exit.SUCCEEDED


def test_without_addresses_a_command_says_what_to_set(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCHESTRATOR_BROKER_URL")

    refused = orchestrator("queues", code=Exit.USAGE)

    assert orchestrator("runs", "list", "--json").stdout == "[]\n", "that needs no broker"
    assert "ORCHESTRATOR_BROKER_URL is not set" in refused.stderr
    assert "`orchestrator up`" in refused.stderr


def test_a_setting_with_a_wrong_value_is_named(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LEASE_SECONDS", "long")

    refused = orchestrator("config", "show", code=Exit.USAGE)

    assert refused.stderr.startswith("error: ORCHESTRATOR_LEASE_SECONDS is 'long': ")


def test_settings_are_shown_with_where_they_come_from(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BROKER_URL", "redis://:hunter2@broker/0")

    shown = orchestrator("config", "show", "--json")

    settings = {setting["name"]: setting for setting in document(shown)}
    assert settings["ORCHESTRATOR_BROKER_URL"]["value"] == "redis://:***@broker/0"
    assert settings["ORCHESTRATOR_BROKER_URL"]["origin"] == "environment"
    assert settings["ORCHESTRATOR_MAX_LOSSES"] == {
        "name": "ORCHESTRATOR_MAX_LOSSES",
        "value": 3,
        "origin": "default",
    }
    assert "hunter2" not in shown.output + orchestrator("config", "show").output


def test_a_worker_of_an_unknown_pool_is_refused(orchestrator: Run) -> None:
    refused = orchestrator("worker", "toys", code=Exit.USAGE)

    assert refused.stderr == (
        "error: no loaded task belongs to pool 'toys', did you mean 'toy'? (the pools are toy)\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        ("runs", "show", "nothing"),
        ("runs", "cancel", "nothing"),
        ("runs", "result", "nothing"),
        ("tasks", "status", "nothing"),
        ("tasks", "cancel", "nothing"),
        ("run", "ad"),
        ("plan", "ad"),
        ("workflows", "graph", "ad"),
        ("workflows", "validate", "ad"),
        ("tasks", "submit", "toy.ad"),
    ],
)
def test_what_does_not_exist_is_not_found(orchestrator: Run, command: tuple[str, ...]) -> None:
    refused = orchestrator(*command, code=Exit.NOT_FOUND)

    assert refused.stdout == ""
    assert refused.stderr.startswith("error: no ")
    assert refused.stderr.count("\n") == 1


def test_an_input_that_does_not_fit_is_usage_and_writes_nothing(orchestrator: Run) -> None:
    refused = orchestrator("run", "add", "--set", "a=one", "--set", "c=1", code=Exit.USAGE)

    assert "'a' is 'one'" in refused.stderr
    assert "no step takes 'c'" in refused.stderr
    assert document(orchestrator("runs", "list", "--json")) == []
