"""What may be in the repository, and what every file in it keeps to."""

import re
from statistics import median

from tests.repository import PACKAGES, ROOT, modules, tracked_files

TOP_LEVEL = {
    *PACKAGES, "tests", "deploy", "docs",
    "pyproject.toml", "uv.lock", "docker-compose.yml",
    "README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md",
}  # fmt: skip
LONGEST_FILE, MEDIAN_FILE = 300, 120
#: names that say what a file is, not what it owns
NAMELESS = {"common", "helper", "helpers", "misc", "util", "utils"}
#: folders that exist on the machine where something was written, and hosts only it can reach
#: (the Dockerfile's cache of pip is the image's)
MACHINE = re.compile(
    r"(?<![\w.])/(?:root(?!/\.cache/pip)|work|home/\w+|Users/\w+|tmp/w|opt/pypi|opt/wheels)(?:/|\b)"
    r"|--(?:extra-)?index-url|--find-links|--trusted-host"
    r"|https?://[^/\s]*(?:artifactory|nexus|mirror)"
)
#: an exception to a rule; the code it is for, and then a reason
EXCUSE = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover)\b")
REASON = re.compile(r"(?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]|no cover)\s*[#(—–-]+\s*\w+")


def relative(path):
    return path.relative_to(ROOT).as_posix()


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_the_top_level_is_the_fixed_one():
    top = {path.relative_to(ROOT).parts[0] for path in tracked_files()}

    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_module_is_longer_than_a_reader_can_hold():
    long = {relative(path): len(lines_of(path)) for path in modules()}

    assert {name: length for name, length in long.items() if length > LONGEST_FILE} == {}


def test_half_of_the_modules_are_short():
    assert median(len(lines_of(path)) for path in modules()) <= MEDIAN_FILE


def test_modules_are_named_by_what_they_own():
    assert [relative(path) for path in modules() if path.stem in NAMELESS] == []


def test_every_exception_to_a_rule_has_its_reason_on_the_line():
    bare = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in [*modules(), *(ROOT / "tests").rglob("*.py")]
        for number, line in enumerate(lines_of(path), start=1)
        if EXCUSE.search(line) and not REASON.search(line)
    ]

    assert bare == []


def test_no_file_names_a_developers_machine():
    found = [
        f"{relative(path)}: {match.group()}"
        for path in tracked_files()
        if path.name != "test_repository.py"
        for match in MACHINE.finditer(path.read_bytes().decode("utf-8", errors="replace"))
    ]

    assert found == []
