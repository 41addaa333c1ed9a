"""Whatever point of the production code a process dies at, the run goes on."""

import sys
from random import Random

import pytest

from orchestrator.failpoints import POINTS
from tests.chaos.dags import random_workflow
from tests.chaos.sites import first_over
from tests.chaos.truth import truth_of
from tests.chaos.world import Worlds

#: Reached by runs of a session alone, and when Redis has forgotten who holds permits:
#: test_modes_at_work and test_permits end a process there.
ELSEWHERE = {"progression.admitted", "permits.rebuilding", "permits.rebuilt"}
#: How long it may take until somebody has died at each point.
WITHIN_SECONDS = 60.0


@pytest.mark.timeout(150)
@first_over("sqlite")
def test_a_run_goes_on_though_a_process_dies_at_each_point(make_world: Worlds, seed: int) -> None:
    world = make_world(max_losses=1000)
    world.start("works", "works")
    rng = Random(seed)
    markers = {point: world.folder / f"{point}.fell" for point in sorted(POINTS.keys() - ELSEWHERE)}
    for traps in (world.producer.traps, *(service.traps for service in world.services)):
        traps.set(*(f"{point}=kill,once={marker}" for point, marker in markers.items()))

    def all_fell() -> bool:
        if len(world.open_keys()) < 3:
            world.producer.ask(random_workflow(rng).model_dump(mode="json"))
        return all(marker.exists() for marker in markers.values())

    try:
        world.until(all_fell, within=WITHIN_SECONDS)
    finally:
        missed = [point for point, marker in markers.items() if not marker.exists()]
        sys.stdout.write(f"seed {seed}, never reached: {missed}\n{world.described()}\n")
    world.until_all_ended(within=30)
    assert truth_of(world, []).faults == []
