"""How soon a step goes on elsewhere, with the leases that an installation has by default."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from orchestrator import Settings
from tests.chaos.sites import first_over
from tests.chaos.world import Worlds

_NAMES = ("lease_seconds", "beat_seconds", "tick_seconds", "sweep_seconds")
DEFAULTS = {name: Settings.model_fields[name].default for name in _NAMES}

#: What the promise says.
CHILD_SECONDS, HOST_SECONDS = 2.0, 15.0


@pytest.mark.timeout(90)
@first_over("sqlite")
def test_a_step_goes_on_soon_after_its_process_died_and_in_time_after_its_host_did(
    make_world: Worlds, tmp_path: Path
) -> None:
    world = make_world(**DEFAULTS)
    world.start("works", "works")
    until = {"until": str(tmp_path / "gate")}
    run_id = world.begin([{"name": "holds", "task": "works.hold", "inputs": until}])
    first = world.until_started(run_id, "holds")

    child_died = time.time()
    os.kill(first.pid, signal.SIGKILL)
    second = world.until_started(run_id, "holds", attempt=2)
    parent = psutil.Process(second.pid).ppid()
    host_died = time.time()
    next(node for node in world.nodes if node.process.pid == parent).kill()
    third = world.until_started(run_id, "holds", attempt=3, within=HOST_SECONDS + 5)

    (tmp_path / "gate").touch()
    world.until_all_ended(within=20)
    child, host = second.at - child_died, third.at - host_died
    sys.stdout.write(f"a new attempt {child:.2f} s after a child, {host:.2f} s after a host\n")
    assert child < CHILD_SECONDS
    assert host < HOST_SECONDS
