"""The heartbeat of a node, and the forks of its process."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import Settings
from orchestrator.pools.beat import Beat

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


@pytest.mark.timeout(30)
def test_a_process_that_has_begun_to_beat_twice_can_still_fork() -> None:
    forked = subprocess.run(
        [sys.executable, "-c", TWO_BEATS_AND_A_FORK], timeout=20, check=False, capture_output=True
    )

    assert forked.returncode == 0, forked.stderr


def test_a_node_that_never_began_to_beat_can_still_stop(tmp_path: Path) -> None:
    beat = Beat(Settings(ledger_url=f"sqlite:///{tmp_path / 'absent.db'}"), list)

    beat.stop()
