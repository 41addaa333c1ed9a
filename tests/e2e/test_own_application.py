"""A user's own application: the wheel, a folder, a package named `tasks`, a fifth domain."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import eventually

CLONE = Path(__file__).resolve().parents[2]

TASKS = '''
from decimal import Decimal

from orchestrator import task


@task("returns.check_item")
def check_item(order: int) -> Decimal:
    return Decimal("19.90") * order


@task("returns.refund_buyer")
def refund_buyer(amount: Decimal) -> str:
    return f"refunded {amount}"
'''

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
    name = subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=CLONE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    return folder / name


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and with our dependencies, but not with this clone."""
    folder = tmp_path_factory.mktemp("installation")
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(_output([str(python), "-c", where]).strip())
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-e", str(wheel), str(packages)], check=True
    )
    # Not read for further .pth files, so an editable install of this clone stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    (folder / "tasks").mkdir(parents=True)
    (folder / "tasks" / "__init__.py").write_text(TASKS)
    workflows = folder / "config" / "workflows" / "production"
    workflows.mkdir(parents=True)
    (workflows / "take_back.yaml").write_text(WORKFLOW)
    return folder


@pytest.fixture
def stack(installation: Path, project: Path) -> Iterator[None]:
    environment = _environment()
    with (project / "up.log").open("wb") as log:
        up = subprocess.Popen(
            [str(installation), "-m", "orchestrator", "up", "--concurrency", "1", "--no-flower"],
            cwd=project,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually((project / ".orchestrator" / "stack.json").exists, within=60)
        yield
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(30)


def test_the_wheel_holds_the_library_only(wheel: Path) -> None:
    names = _output([sys.executable, "-m", "zipfile", "-l", str(wheel)]).splitlines()[1:]

    tops = {name.split()[0].split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"orchestrator"}


@pytest.mark.usefixtures("stack")
def test_a_package_named_tasks_adds_a_fifth_domain(installation: Path, project: Path) -> None:
    run = [str(installation), "-m", "orchestrator", "run", "take_back", "--set", "order=3"]

    shown = json.loads(_output([*run, "--watch", "--json"], cwd=project))

    assert shown["state"] == "succeeded"
    assert shown["result"] == "refunded 59.70"


def _output(command: list[str], cwd: Path | None = None) -> str:
    return subprocess.run(
        command, cwd=cwd, env=_environment(), check=True, capture_output=True, text=True, timeout=60
    ).stdout


def _environment() -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ORCHESTRATOR_", "ERP_"))}
    inherited.pop("PYTHONPATH", None)
    return inherited
