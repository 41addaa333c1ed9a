"""The heartbeat of a node, and the forks of its process."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator import Settings
from orchestrator.pools.beat import Beat
from orchestrator.pools.pool import _pids

TWO_BEATS_AND_A_FORK = """
import os
from pathlib import Path
from orchestrator import Settings
from orchestrator.pools.beat import Beat

for _ in range(2):
    Beat(Settings(ledger_url="sqlite://", beat_seconds=60, lease_seconds=120), list).start()
child = os.fork()
if not child:
    os._exit(0)
os.waitpid(child, 0)
"""

#: A beat that is missed is logged for a second; a fork begun meanwhile says how long it waited.
A_FORK_WHILE_A_MISSED_BEAT_IS_LOGGED = """
import logging, os, sys, threading, time
from orchestrator import Settings
from orchestrator.pools.beat import Beat

logging_now = threading.Event()

class Slow(logging.Handler):
    def emit(self, record):
        logging_now.set()
        time.sleep(1)
        self.done = time.monotonic()

slow = Slow()
logging.getLogger("orchestrator.pools.beat").addHandler(slow)
Beat(Settings(ledger_url="sqlite://", beat_seconds=0.05, lease_seconds=1), lambda: 1 / 0).start()
logging_now.wait()
child = os.fork()
if not child:
    os._exit(0)
assert time.monotonic() >= slow.done, "the fork did not wait"
os.waitpid(child, 0)
os._exit(0)
"""


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "program",
    [TWO_BEATS_AND_A_FORK, A_FORK_WHILE_A_MISSED_BEAT_IS_LOGGED],
    ids=["after two starts", "after a missed beat"],
)
def test_a_process_that_beats_forks_between_its_beats(program: str) -> None:
    forked = subprocess.run(
        [sys.executable, "-c", program], timeout=20, check=False, capture_output=True
    )

    assert forked.returncode == 0, forked.stderr


def test_a_process_that_is_being_forked_is_not_beaten_for() -> None:
    processes = [SimpleNamespace(pid=7), SimpleNamespace(pid=None)]
    node = SimpleNamespace(pool=SimpleNamespace(_pool=SimpleNamespace(_pool=processes)))

    assert _pids(node) == [7]


def test_a_node_that_never_began_to_beat_can_still_stop(tmp_path: Path) -> None:
    beat = Beat(Settings(ledger_url=f"sqlite:///{tmp_path / 'absent.db'}"), list)

    beat.stop()
