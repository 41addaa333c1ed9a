"""Real commands as processes, on the stack that `orchestrator up` starts."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.cli.exits import Exit
from tests.repository import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

WORKFLOWS: dict[str, list[dict[str, Any]]] = {
    "sums": [
        {"name": "left", "task": "toy.add", "inputs": {"a": "$input.a"}},
        {"name": "right", "task": "toy.add", "inputs": {"a": "$input.b"}},
        {"name": "both", "task": "toy.add", "inputs": {"a": "$left", "b": "$right"}},
    ],
    "fails": [
        {"name": "try", "task": "toy.fail_for_good"},
        {"name": "then", "task": "toy.add", "inputs": {"a": 1}, "after": ["try"]},
    ],
    "holds": [{"name": "hold", "task": "toy.hold", "inputs": {"until": "$input.until"}}],
}


@dataclass(frozen=True)
class Up:
    """A running `orchestrator up`, and how to run other commands beside it."""

    environment: dict[str, str]
    process: subprocess.Popen[str]
    flower: str
    folder: Path

    def run(self, *arguments: str, code: Exit = Exit.SUCCEEDED) -> str:
        """Run a command and return what it prints."""
        command = [sys.executable, "-m", "orchestrator", *arguments]
        ended = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    def search(self, text: str) -> list[dict[str, Any]]:
        """Return the tasks that Flower's own page finds."""
        form = {
            "draw": 1,
            "start": 0,
            "length": 100,
            "search[value]": text,
            "order[0][column]": 0,
            "order[0][dir]": "asc",
            "columns[0][data]": "name",
        }
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self.flower}/tasks/datatable", body, 5) as answer:  # noqa: S310 (ours)
            found: list[dict[str, Any]] = json.load(answer)["data"]
        return found


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("a folder with blanks")
    for name, steps in WORKFLOWS.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, "steps": steps}))
    environment = {
        **os.environ,
        "ORCHESTRATOR_HOME": str(folder / "home"),
        "ORCHESTRATOR_PACKAGES": "tests.toy",
        "ORCHESTRATOR_WORKFLOWS": str(folder),
        "TOY_DIARY": str(folder / "diary"),
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "orchestrator", "up", "--pool", "toy=2"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = "".join(iter(process.stderr.readline, "stop it  Ctrl-C\n"))
            page = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert page, said
            yield Up(environment, process, page.group(), folder)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            finally:
                process.kill()


def test_a_watched_run_is_drawn_and_its_result_can_be_read(up: Up) -> None:
    drawn = up.run("run", "sums", "--set", "a=1", "--set", "b=2", "--watch")

    head, *steps = drawn.splitlines()
    assert re.fullmatch(r"sums \w+  succeeded  \d+\.\ds", head)
    assert [line.split()[:4] for line in steps] == [
        ["├─", "■", "left", "toy"],
        ["├─", "■", "right", "toy"],
        ["└─", "■", "both", "toy"],
    ]
    assert up.run("runs", "result", head.split()[1]) == "3\n"


def test_a_run_that_fails_is_an_exit_code_and_a_reason(up: Up) -> None:
    printed = up.run("run", "fails", "--watch", "--json", code=Exit.FAILED)

    run = json.loads(printed)
    assert run["state"] == "failed"
    assert "this customer does not exist" in run["error"]
    assert [step["state"] for step in run["steps"]] == ["failed", "cancelled"]
    assert json.loads(up.run("runs", "show", run["id"], "--json")) == run


def test_waiting_can_be_given_up_while_the_run_goes_on(up: Up) -> None:
    released = up.folder / "released"
    up.run(
        *("run", "holds", "--set", f"until={json.dumps(str(released))}"),
        *("--key", "hold", "--watch", "--timeout", "0.5"),
        code=Exit.TIMEOUT,
    )

    (held,) = json.loads(up.run("runs", "list", "--workflow", "holds", "--json"))
    assert held["state"] in ("pending", "running")
    released.touch()
    up.run("runs", "show", held["id"], "--watch")
    assert up.run("runs", "result", held["id"]) == '"hold"\n'


def test_flower_finds_exactly_the_steps_of_a_run_under_their_own_names(up: Up) -> None:
    up.run("run", "sums", "--set", "a=5", "--set", "b=6", "--watch")
    run_id = up.run("run", "sums", "--set", "a=3", "--set", "b=4", "--watch").split()[1]

    def finished() -> list[dict[str, Any]]:
        found = up.search(f"kwargs:run_id={run_id}")
        return found if {task["state"] for task in found} == {"SUCCESS"} else []

    found = eventually(finished)

    assert sorted(task["uuid"] for task in found) == [
        f"{run_id}:both:1",
        f"{run_id}:left:1",
        f"{run_id}:right:1",
    ]
    assert {task["name"] for task in found} == {"toy.add"}


def test_flower_shows_our_queues_and_lets_nobody_act(up: Up) -> None:
    with urllib.request.urlopen(f"{up.flower}/broker", timeout=5) as page:  # noqa: S310 (ours)
        names = re.findall(r"<td[^>]*>\s*(\w+)\s*</td>", page.read().decode())

    assert "toy" in names
    assert "orchestrator" not in names
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{up.flower}/api/task/revoke/x", b"", 5)  # noqa: S310 (ours)
    assert refused.value.code in (401, 403)
    refused.value.close()


def test_who_works_is_known(up: Up) -> None:
    assert json.loads(up.run("workers", "--json")) == [{"pool": "toy", "processes": 2}]


def test_a_second_stack_in_the_same_home_is_refused(up: Up) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "orchestrator", "up"],
        cwd=ROOT, env=up.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == Exit.USAGE
    assert f"already runs in {up.environment['ORCHESTRATOR_HOME']!r}" in ended.stderr
