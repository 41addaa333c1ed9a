"""`orchestrator demo`: mails become offers; a second time nothing is made twice."""

import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from tests.repository import ROOT

pytestmark = pytest.mark.timeout(240)


def demo(home: Path, *name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "ERP_URL"}
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "demo", *name, "--home", str(home)],
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
    assert re.search(r"^erp +2 +[12] +\d+ +kept$", first.stdout, re.MULTILINE)
    assert re.search(r"^├─ ■ parse_email +messaging +succeeded", first.stdout, re.MULTILINE)
    assert processes_in(home) == []
    assert not (home / "stack.json").exists()
    assert shown_in_readme() <= told(first.stdout)

    for arguments in suggestions(first.stderr):
        if arguments[0] not in ("demo", "test"):  # of both this is a test already
            command = [sys.executable, "-m", "orchestrator", *arguments]
            there = {**os.environ, "ORCHESTRATOR_HOME": str(home)}  # as its `--home` has it say
            subprocess.run(command, cwd=ROOT, env=there, stdout=subprocess.DEVNULL, check=True)

    second = demo(home)

    assert second.returncode == 0, second.stdout + second.stderr
    assert tables(second.stdout) == tables(first.stdout)
    assert "runs were made by an earlier demo" in second.stderr
    assert processes_in(home) == []


def shown_in_readme() -> set[str]:
    """Return what the README shows of the demo, line by line."""
    shown = (ROOT / "README.md").read_text().partition("```text\nOffers made")[2]
    return {line.removesuffix("…").strip() for line in told(shown.partition("```")[0])} - {""}


def told(printed: str) -> set[str]:
    """Return the lines of a demo without what differs: numbers of offers, ids and seconds."""
    differs = re.compile(r"OFF-\d{4}-\d{5}|\b[0-9a-f]{27}\b|\d+\.\ds\b| its condition .*| : .*")
    cut = (re.sub(r"(WHY|: ).*", r"\1", line) for line in printed.splitlines())
    return {" ".join(differs.sub("", line).split()) for line in cut}


def test_production_is_shown_with_its_costs_and_what_was_undone(tmp_path: Path) -> None:
    shown = demo(tmp_path, "production")

    assert shown.returncode == 0, shown.stdout + shown.stderr
    orders, costs = shown.stdout.partition("What they cost")[::2]
    assert re.search(r"are short +MO-\d{5} +8 pcs +PCP-1 +done +1 ", orders)
    assert re.search(r"mended +MO-\d{5} +4 pcs +EXL-25 +done +0 ", orders)
    assert re.search(r"at work +MO-\d{5} +1 pcs +SDB-32 +cancelled +0 ", orders)
    money = r"([\d,]+\.\d\d)"
    rows = re.findall(rf"^MO-\d{{5}} +{money} +{money} +{money} +{money}$", costs, re.MULTILINE)
    assert len(rows) == 2
    for material, labour, total, posted in ([Decimal(n.replace(",", "")) for n in r] for r in rows):
        assert material + labour == total == posted > material
    undone = costs.partition("Cancelled\n")[2]
    assert {"create_order", "reserve", "place_operations", "open_checks"} <= set(
        re.findall(r"\w+", undone.splitlines()[1])
    )
    assert re.search(r"extension lead +failed$", shown.stdout, re.MULTILINE)
    picks = re.search(
        r"^CEE-32-5P +40 pcs +(\d+) pcs +(\d) pcs +bought by PR-", costs, re.MULTILINE
    )
    # One more is free while the order that is cancelled holds none.
    assert picks is not None
    assert picks.groups() in (("37", "3"), ("38", "2"))
    assert re.search(r"^shop-floor-plan .* kept$", shown.stdout, re.MULTILINE)
    assert "demo production --keep" in shown.stderr
    assert processes_in(tmp_path) == []


def test_a_demo_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    refused = demo(tmp_path, "producton")

    assert refused.returncode == 2
    assert "no demo 'producton', did you mean 'production'?: it has 'offers'" in refused.stderr


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


def test_a_demo_that_ends_in_no_erp_takes_none(tmp_path: Path) -> None:
    erp = "tryton+http://admin:secret@127.0.0.1:1/erp"

    refused = demo(tmp_path, "--erp", erp, ORCHESTRATOR_PACKAGES="tests.e2e.poor_shop")

    assert refused.returncode == 2
    assert "ends in no ERP: leave --erp out" in refused.stderr
    assert "secret" not in refused.stderr


def suggestions(said: str) -> list[list[str]]:
    """Return the arguments of the commands under "What next"."""
    lines = said.partition("What next")[2].splitlines()
    commands = [line.partition(" -m orchestrator ")[2] for line in lines]
    return [shlex.split(command) for command in commands if command]


def test_the_commands_it_suggests_work(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "ORCHESTRATOR_HOME": str(tmp_path),
        "ORCHESTRATOR_PACKAGES": "tests.e2e.poor_shop",
        "TOY_DIARY": str(tmp_path / "diary"),
    }

    def run(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def succeed(arguments: list[str]) -> None:
        with run(*arguments) as command:
            printed = command.communicate(timeout=60)
        assert command.returncode == 0, (arguments, printed)

    with run("demo", "--keep") as kept:
        assert kept.stderr is not None
        said = "".join(iter(kept.stderr.readline, "  stop it with Ctrl-C\n"))
        page = re.search(r"http://127\.0\.0\.1:\d+/tasks", said)
        assert page, said
        with urllib.request.urlopen(page.group(), timeout=5) as answer:  # noqa: S310 (ours)
            assert answer.status == 200
        assert [arguments[0] for arguments in suggestions(said)] == [
            *("runs", "runs", "workers", "queues", "run")
        ]
        for arguments in suggestions(said):
            succeed(arguments)
        kept.send_signal(signal.SIGINT)
        printed, _ = kept.communicate(timeout=30)
    assert kept.returncode == 1, "one of its runs fails"
    assert "Not as it should be" in printed
    assert processes_in(tmp_path) == []
