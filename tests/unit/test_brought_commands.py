"""An application's packages bring commands of their own."""

import pytest
from typer.testing import CliRunner

from orchestrator.cli.root import app

SHOP = """
import typer

till = typer.Typer(help="Open and close the till.")


@till.command("open")
def open_till() -> None:
    typer.echo("open")


@till.command("close")
def close_till() -> None:
    raise SystemExit(7)


COMMANDS = {"till": till, "runs": till}
"""


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    """A package with commands, among those of the application."""
    package = tmp_path / "corner_shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "commands.py").write_text(SHOP)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ORCHESTRATOR_PACKAGES", "absent.package, .x, corner_shop, tasks")


def test_a_package_brings_a_command():
    assert CliRunner().invoke(app, ["till", "open"]).stdout == "open\n"
    assert CliRunner().invoke(app, ["till", "close"]).exit_code == 7


def test_the_help_names_what_is_brought():
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout

    assert "Of this application" in shown
    assert "Open and close the till." in shown
    assert "A real ERP" in shown


def test_our_commands_come_first():
    assert "--json" in CliRunner().invoke(app, ["runs", "list", "--help"]).stdout


def test_a_command_that_nobody_brings_is_a_mistake():
    asked = CliRunner().invoke(app, ["tills"])

    assert asked.exit_code == 2
    assert "No such command" in asked.stderr


def test_each_brought_command_and_option_of_ours_is_explained(monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_PACKAGES", "tasks")
    for name in ("build", "up"):
        shown = CliRunner().invoke(app, ["tryton", name, "--help"], env={"COLUMNS": "200"}).stdout
        options = [line for line in shown.splitlines() if line.startswith("│ --")]

        assert len(options) > 2
        assert all(len(line.strip("│ ").split()) > 3 for line in options), shown
