"""A host whose clock is a minute off harms no run, and neither does setting it right."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator import RunState
from tests.chaos.sites import first_over
from tests.chaos.world import Worlds

MINUTE = 60


def holds(gate: Path) -> list[dict[str, Any]]:
    return [{"name": "holds", "task": "works.hold", "inputs": {"until": str(gate)}}]


@first_over("postgresql")
@pytest.mark.parametrize("seconds", [MINUTE, -MINUTE])
def test_a_step_is_not_taken_from_its_worker_because_a_clock_was_stepped(
    make_world: Worlds, tmp_path: Path, seconds: int
) -> None:
    world = make_world()
    world.start("works")
    gate = tmp_path / "gate"
    run_id = world.begin(holds(gate))
    world.until_started(run_id, "holds")

    world.nodes[0].traps.set(f"clock={-seconds}")
    world.maintenances[0].traps.set(f"clock={seconds}")
    world.let_pass(world.timing["lease_seconds"] + 1)
    gate.touch()

    world.until_all_ended(within=20)
    assert world.coordinator.run(run_id).state is RunState.SUCCEEDED
    assert world.coordinator.steps(run_id)[0].attempts == 1
