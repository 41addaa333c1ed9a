"""deploy/constraints.txt pins the whole set, so two machines install the same."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINES = (REPOSITORY / "deploy" / "constraints.txt").read_text().splitlines()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required() -> list[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["offers"], *extras["test"]]
    names = {re.split(r"[\s\[<>=!~;]", line)[0] for line in lines}
    return sorted(names - {project["name"]})


def test_a_line_is_a_name_and_a_version() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("name", required())
def test_what_the_project_needs_is_pinned(name: str) -> None:
    assert canonical(name) in {canonical(line.partition("==")[0]) for line in LINES}


@pytest.mark.parametrize("name", required())
def test_what_those_need_is_pinned_too(name: str) -> None:
    pinned = {canonical(line.partition("==")[0]) for line in LINES}
    needed = metadata.distribution(name).requires or []

    unmarked = {re.split(r"[\s\[<>=!~;(]", line)[0] for line in needed if ";" not in line}
    assert {canonical(part) for part in unmarked} <= pinned
