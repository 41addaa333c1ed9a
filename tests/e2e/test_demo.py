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


def demo(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "ERP_URL"}
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "demo", "--home", str(home)],
        cwd=ROOT,
        env={**kept, **environment},
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


def test_a_run_that_fails_is_shown_with_its_traceback_and_an_exit_code(tmp_path: Path) -> None:
    shown = demo(
        tmp_path, ORCHESTRATOR_PACKAGES="tests.e2e.poor_shop", TOY_DIARY=str(tmp_path / "diary")
    )

    assert shown.returncode == 1, shown.stdout + shown.stderr
    assert re.search(r"^one = one again +1$", shown.stdout, re.MULTILINE)
    assert "Products\nnone\n" in shown.stdout
    failed = shown.stdout.partition("Not as it should be")[2]
    assert "DoNotRetry: this customer does not exist" in failed
    assert "in fail_for_good" in shown.stderr


def test_an_application_without_a_demo_says_what_else_can_be_done(tmp_path: Path) -> None:
    refused = demo(tmp_path, ORCHESTRATOR_PACKAGES="tests.toy")

    assert refused.returncode == 2
    assert "none of the packages 'tests.toy' has a module `demo`" in refused.stderr
    assert "`orchestrator up`" in refused.stderr
