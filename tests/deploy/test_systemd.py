"""deploy/systemd: units that systemd itself accepts."""

import shutil
import subprocess

import pytest

from tests.repository import ROOT

UNITS = ROOT / "deploy" / "systemd"
PROGRAM = "/opt/orchestrator/.venv/bin/orchestrator"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


@pytest.fixture
def installed(tmp_path):
    """The units as on a host; the program, which is not here, is one that is."""
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, shutil.which("true"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def analyze(*argv):
    return subprocess.run(
        ["systemd-analyze", *map(str, argv)], capture_output=True, text=True, check=False
    )


@needs_systemd
@pytest.mark.parametrize(
    "unit",
    [
        "orchestrator-worker@billing.service",
        "orchestrator-maintenance.service",
        "orchestrator.target",
    ],
)
def test_systemd_understands_every_line(installed, unit):
    verified = analyze("verify", "--man=no", installed / unit)

    ours = [line for line in verified.stderr.splitlines() if str(installed) in line]
    assert (verified.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("name", ["orchestrator-worker@", "orchestrator-maintenance"])
def test_a_unit_is_little_exposed(installed, name):
    # A template cannot be judged as such: it gets a plain name.
    plain = installed / "plain.service"
    shutil.copy(installed / f"{name}.service", plain)

    judged = analyze("security", "--offline=true", "--threshold=20", plain)

    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.service")))
def test_a_service_is_not_root_and_belongs_to_the_target(unit):
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()

    assert "User=orchestrator" in lines
    assert "NoNewPrivileges=yes" in lines
    assert {"PartOf=orchestrator.target", "WantedBy=orchestrator.target"} <= set(lines)


def test_a_worker_may_finish_its_step_before_it_is_stopped():
    lines = (UNITS / "orchestrator-worker@.service").read_text(encoding="utf-8").splitlines()

    assert {"KillMode=mixed", "TimeoutStopSec=15min"} <= set(lines)
