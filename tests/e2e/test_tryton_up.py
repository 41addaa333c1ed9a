"""`orchestrator tryton up`: a real ERP to try things on, and nothing of it afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tasks.adapters.tryton.address import Address
from tasks.erp_errors import Unavailable
from tests.repository import ROOT
from tests.tryton import Companies, connected

pytestmark = pytest.mark.timeout(300)  # a server is started on a busy machine


@contextmanager
def up(home: Path, *options: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the command; give what it prints first and its process."""
    command = [sys.executable, "-m", "orchestrator", "tryton", "up", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--home", str(home), *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 (one system call)
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        process.stdout.close()


def _heed_ctrl_c() -> None:
    # A suite that runs in the background has children that ignore it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_leaves_nothing(
    tryton_companies: Companies, tmp_path: Path, ending: signal.Signals
) -> None:
    with up(tmp_path) as (said, process):
        name, _, url = said.partition("=tryton+")
        children = psutil.Process(process.pid).children(recursive=True)
        folders = [child.cwd() for child in children if child.name() == "postgres"]
        with connected(Address.parse(url)) as tryton:
            assert name == "ERP_URL"
            assert tryton.count("product.product", [("code", "=", "PCP-2")]) == 1
        assert {child.name() for child in children} >= {"postgres"}

        process.send_signal(ending)
        process.wait(timeout=60)

        with connected(Address.parse(url)) as tryton, pytest.raises(Unavailable):
            tryton.count("product.product", [])
    assert [child for child in children if child.is_running()] == []
    assert [folder for folder in folders if Path(folder).exists()] == []


def test_a_named_database_stays_and_asks_for_a_password(
    tryton_companies: Companies, tmp_path: Path
) -> None:
    with tryton_companies.company() as company:
        url = company.postgres.environment["TRYTOND_DATABASE_URI"]
        named = url.replace("/?", f"/{company.name}?")
        password = {"TRYTON_PASSWORD": company.password}
        with up(tmp_path, "--database", named, **password) as (said, _):
            address = Address.parse(said.partition("=tryton+")[2])
            with connected(address) as tryton:
                tryton.create("party.party", [{"name": "Stays", "code": "STAYS"}])
        with connected(company.address) as tryton:
            assert tryton.count("party.party", [("code", "=", "STAYS")]) == 1

        without = {name: value for name, value in os.environ.items() if name not in password}
        command = [sys.executable, "-m", "orchestrator", "tryton", "up", "--database", named]
        refused = subprocess.run(
            command, cwd=ROOT, env=without, capture_output=True, text=True, check=False
        )
    assert refused.returncode == 2
    assert "TRYTON_PASSWORD" in refused.stderr
