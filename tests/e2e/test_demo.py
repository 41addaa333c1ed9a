"""`orchestrator demo`: mails become offers; a second time nothing is made twice."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.repository import ROOT

pytestmark = pytest.mark.timeout(240)


def demo(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "demo", "--home", str(home)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "ERP_URL"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def tables(printed: str) -> str:
    """Return what was printed before the picture of a run."""
    return printed.partition("One of the runs")[0]


def processes_in(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        about = f"{process.info['cmdline']} {(process.info['environ'] or {}).values()}"
        if str(home) in about and process.pid != os.getpid():
            found.append(about)
    return found


def test_mails_become_offers_once_and_nothing_stays_behind(tmp_path: Path) -> None:
    home = tmp_path / "a home"

    first = demo(home)

    assert first.returncode == 0, first.stdout + first.stderr
    offers = re.findall(r"OFF-\d{4}-\d{5} .* [\d,]+\.\d\d +[A-Z]{3}$", first.stdout, re.MULTILINE)
    assert len(offers) >= 10
    assert "For a person to decide" in first.stdout
    assert re.search(r"^├─ ■ parse_email +messaging +succeeded", first.stdout, re.MULTILINE)
    assert processes_in(home) == []
    assert not (home / "stack.json").exists()

    second = demo(home)

    assert second.returncode == 0, second.stdout + second.stderr
    assert tables(second.stdout) == tables(first.stdout)
    assert "runs were made by an earlier demo" in second.stderr
    assert processes_in(home) == []
