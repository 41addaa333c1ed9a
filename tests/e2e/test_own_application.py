"""A user's own application: the wheel, a folder, a package named `tasks`, a fifth domain."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.repository import ROOT

TASKS = """
from decimal import Decimal

from orchestrator import task


@task("returns.check_item")
def check_item(order: int) -> Decimal:
    return Decimal("19.90") * order


@task("returns.refund_buyer")
def refund_buyer(amount: Decimal) -> str:
    return f"refunded {amount}"
"""

WORKFLOW = """
name: take_back
steps:
  - {name: check, task: returns.check_item, inputs: {order: $input.order}}
  - {name: refund, task: returns.refund_buyer, inputs: {amount: $check}}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    printed = subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return folder / printed.split()[-1]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel and our dependencies, but not this clone."""
    folder = tmp_path_factory.mktemp("installed")
    venv.EnvBuilder(symlinks=True).create(folder)
    packages = next(folder.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # Python does not look there for further .pth files: an editable clone stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def test_the_wheel_holds_the_library_only(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"orchestrator"}


@pytest.mark.timeout(180)
def test_a_package_named_tasks_adds_a_fifth_domain(installed: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "my project", installed)
    workflow = "config/workflows/production/take_back.yaml"
    project.write({"tasks/__init__.py": TASKS, workflow: WORKFLOW})

    with project.up():
        shown = project.output(
            *("-m", "orchestrator", "run", "take_back", "--set", "order=3", "--watch", "--json")
        )

    assert json.loads(shown)["state"] == "succeeded"
    assert json.loads(shown)["result"] == "refunded 59.70"
