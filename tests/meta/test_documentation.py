"""The README and the pages are true where a machine can tell: commands, links, seeds."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from orchestrator.cli.root import app
from orchestrator.settings import Settings
from tests.repository import ROOT

README = (ROOT / "README.md").read_text()
PAGES = [README, *(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))]
COMMANDS = [
    command
    for page in PAGES
    for command in re.findall(r"(?:\$ |`|-m )orchestrator ((?:[a-z]+ ?)[^`\n]*)", page)
]


def _names(command: str) -> list[str]:
    """Return the words of a command up to its first argument."""
    words = shlex.split(command.replace("…", ""))
    lowercase = [word for word in words if re.fullmatch("[a-z]+", word)]
    return lowercase[:2] if lowercase[:1][0] in GROUPS else lowercase[:1]


GROUPS = {
    *(
        "agent",
        "config",
        "db",
        "pools",
        "resources",
        "runs",
        "schedules",
        "sessions",
        "tasks",
        "webhooks",
    ),
    "workflows",
}


@pytest.mark.parametrize("command", sorted({c.strip() for c in COMMANDS if c[:4] != "test"}))
def test_every_command_it_names_exists_with_its_options(command: str) -> None:
    shown = CliRunner().invoke(app, [*_names(command), "--help"], env={"COLUMNS": "200"})

    assert shown.exit_code == 0, shown.output
    for option in re.findall(r"--[a-z-]+", command):
        assert option in shown.output


def test_it_names_commands_at_all() -> None:
    assert len(COMMANDS) > 10


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_seed_has_a_module_and_a_test_that_are_there() -> None:
    table = README.partition("## From seed to test")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]

    assert {row.split("|")[1].strip() for row in rows} >= {"mission", "000", "002", "004"}
    for row in rows:
        _, _, _, where, tested_by, _ = row.split("|")
        for cell in (where, tested_by):
            paths = re.findall(r"`([^`]+)`", cell)
            assert paths, row
            assert [path for path in paths if not (ROOT / path).exists()] == [], row
        assert "tests/" in tested_by


def test_every_setting_it_names_exists() -> None:
    named = set(re.findall(r"ORCHESTRATOR_([A-Z_]+)", "".join(PAGES)))

    assert named <= {name.upper() for name in Settings.model_fields}
