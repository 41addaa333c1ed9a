"""A pool is what `celery -A module worker` starts, of processes and of nothing else."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from orchestrator.ledger import Ledger, workers
from orchestrator.local.process import spawn, stop
from tests.repository import ROOT
from tests.waiting import eventually

DOMAINS = ["billing", "inventory", "messaging", "scheduling"]


def command(domain: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", f"workers.{domain}", "worker", *arguments]


def environment(broker: str, ledger: str) -> dict[str, str]:
    ours = {"BROKER_URL": broker, "LEDGER_URL": ledger}
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        **{f"ORCHESTRATOR_{name}": value for name, value in ours.items()},
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_each_domain_has_a_module_with_its_pool(domain: str) -> None:
    assert import_module(f"workers.{domain}").app.domain == domain


def test_celery_itself_starts_a_pool(broker: str, sqlite_ledger_url: str, tmp_path: Path) -> None:
    ledger = Ledger(sqlite_ledger_url)
    pool = spawn(
        command("billing", "--concurrency", "2"),
        log=tmp_path / "pool.log",
        env=environment(broker, sqlite_ledger_url),
    )
    try:
        eventually(lambda: workers.alive(ledger) == {"billing": 2}, within=30)
    finally:
        stop(pool, within=10)

    assert pool.returncode == 0
    assert workers.alive(ledger) == {}
    ledger.close()


def test_a_node_that_beats_no_more_ends(
    broker: str, sqlite_ledger_url: str, tmp_path: Path
) -> None:
    trap = {"ORCHESTRATOR_FAILPOINTS": "beat.beating=exit"}
    pool = spawn(
        command("billing", "--concurrency", "2"),
        log=tmp_path / "pool.log",
        env=environment(broker, sqlite_ledger_url) | trap,
    )
    try:
        eventually(lambda: pool.poll() is not None, within=40)
    finally:
        stop(pool, within=10)


@pytest.mark.parametrize("kind", ["threads", "solo"])
def test_a_pool_without_processes_is_refused(kind: str) -> None:
    refused = subprocess.run(
        command("billing", "--pool", kind),
        cwd=ROOT,
        env=environment("redis://127.0.0.1:1/0", "postgresql://127.0.0.1:1/nobody"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 1
    assert "pool 'billing' cannot run in 'celery.concurrency." in refused.stderr
    assert "leave --pool out" in refused.stderr
