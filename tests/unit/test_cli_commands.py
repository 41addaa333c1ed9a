"""Every command says what it does, and errors become a line and a code in one place."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from orchestrator import __version__, errors
from orchestrator.cli.exits import LEGEND, Commands, Exit, code_of
from orchestrator.cli.root import app
from tests.repository import ROOT

COMMANDS = {
    *("demo", "up", "run", "plan", "queues", "workers", "worker", "maintenance", "flower"),
    *("test", "bench", "runs list", "runs show", "runs cancel", "runs result", "runs verify"),
    *("tasks list", "tasks submit", "tasks status", "tasks cancel"),
    *("workflows list", "workflows show", "workflows validate", "workflows graph"),
    *("config show", "db upgrade", "db prune"),
    *("schedules list", "schedules next", "schedules add", "schedules run"),
    *("schedules pause", "schedules resume", "schedules remove"),
    *("sessions list", "sessions show", "sessions create", "sessions close"),
    *("webhooks list", "webhooks add", "webhooks remove", "webhooks disable", "webhooks enable"),
    *("webhooks test", "webhooks deliveries", "webhooks resend"),
    *("runs pause", "runs resume", "runs retry", "runs skip", "runs rerun", "runs priority"),
    *("runs move", "runs each", "runs errors", "paused", "pools pause", "pools resume"),
    *("pools turns", "pools weight"),
    *("workflows pause", "workflows resume"),
    *("why", "inbox", "answer", "signal", "agent claim", "agent take", "agent beat"),
    *("agent complete", "agent fail", "agent give-up"),
    *("resources list", "resources show", "resources set", "resources block"),
    *("resources leases", "resources free", "resources metrics"),
}  # fmt: skip
READS = COMMANDS - {
    *("demo", "up", "test", "bench", "worker", "maintenance", "flower", "db upgrade"),
    *("runs cancel", "runs result", "workflows graph", "db prune"),
    *("schedules add", "schedules run"),
    *("schedules pause", "schedules resume", "schedules remove"),
    *("sessions create", "sessions close"),
    *("webhooks add", "webhooks remove", "webhooks disable", "webhooks enable"),
    *("webhooks test", "webhooks resend"),
    *("runs pause", "runs resume", "runs retry", "runs skip", "runs rerun", "runs priority"),
    *("runs move", "pools pause", "pools resume", "workflows pause", "workflows resume"),
    *("pools weight",),
    *("answer", "signal", "agent claim", "agent take", "agent beat"),
    *("agent complete", "agent fail", "agent give-up"),
    *("resources set", "resources block", "resources free", "resources metrics"),
}  # fmt: skip


def commands(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, child in getattr(node, "commands", {}).items():
        yield from commands(child, f"{path} {name}".strip())
    if not hasattr(node, "commands"):
        yield path, node


TREE = dict(commands(typer.main.get_command(app)))


def test_these_are_the_commands() -> None:
    assert set(TREE) == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_explained_in_a_sentence(name: str) -> None:
    first = TREE[name].help.splitlines()[0]

    assert first.endswith(".")
    assert first[0].isupper()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_of_its_options_is_explained(name: str) -> None:
    unexplained = [p.name for p in TREE[name].params if not getattr(p, "help", None)]

    assert unexplained == []


@pytest.mark.parametrize("name", sorted(READS))
def test_what_reads_can_print_json(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in TREE[name].params)


def test_the_help_names_every_exit_code() -> None:
    assert all(f"{code.value} " in LEGEND for code in Exit)


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"orchestrator {__version__}\n"


def test_a_mistake_in_the_command_line_is_usage() -> None:
    assert CliRunner().invoke(app, ["run"]).exit_code == Exit.USAGE
    assert CliRunner().invoke(app, ["rums", "list"]).exit_code == Exit.USAGE
    assert CliRunner().invoke(app, ["run", "x", "--priority", "urgent"]).exit_code == Exit.USAGE
    assert CliRunner().invoke(app, ["up", "--pool", "billing=many"]).exit_code == Exit.USAGE


def test_help_loads_neither_celery_nor_sql() -> None:
    heavy = {"celery", "sqlalchemy", "redis", "pydantic", "flower"}
    statement = f"import sys, orchestrator.cli.root; print(*({heavy!r} & set(sys.modules)))"

    imported = subprocess.run(
        [sys.executable, "-c", statement], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert imported.stdout.split() == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RunNotFound("no run"), Exit.NOT_FOUND),
        (errors.UnknownWorkflow("no workflow"), Exit.NOT_FOUND),
        (errors.UnknownTask("no task"), Exit.NOT_FOUND),
        (errors.DAGValidationError("ship", ["it has no steps"]), Exit.USAGE),
        (errors.InvalidInput("the input is wrong"), Exit.USAGE),
        (errors.IdempotencyConflict("used before"), Exit.USAGE),
        (errors.ConfigurationError("a setting is wrong"), Exit.USAGE),
        (errors.Unavailable("no answer"), Exit.UNAVAILABLE),
        (errors.LostRace("somebody was first"), Exit.FAILED),
    ],
)
def test_an_error_of_ours_is_a_line_and_a_code(error: errors.OrchestratorError, code: Exit) -> None:
    result = CliRunner().invoke(raising(error))

    assert result.exit_code == code == code_of(error)
    assert result.stderr == f"error: {error}\n"
    assert result.stdout == ""


def test_any_other_error_is_a_bug_and_keeps_its_traceback() -> None:
    result = CliRunner().invoke(raising(KeyError("shelf")))

    assert isinstance(result.exception, KeyError)


def raising(error: Exception) -> typer.Typer:
    failing = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @failing.command()
    def fail() -> None:
        raise error

    @failing.callback(invoke_without_command=True)
    def root() -> None:
        fail()

    return failing


@pytest.mark.parametrize(
    "command",
    [["runs", "list"], ["sessions", "list"], ["inbox"], ["webhooks", "deliveries", "hook"]],
)
def test_a_list_that_nobody_could_read_is_a_usage_error(command: list[str]) -> None:
    asked = CliRunner().invoke(app, [*command, "--limit", "999999999999999999999"])

    assert asked.exit_code == Exit.USAGE


def test_priorities_are_told_by_their_names() -> None:
    told = CliRunner().invoke(app, ["runs", "priority", "--help"], env={"COLUMNS": "120"}).stdout

    assert "critical, high, normal, low, background" in told
    assert "0|1|2|3|4" not in told
