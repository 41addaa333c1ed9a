"""Connections that died without a word: both ends live, and nothing will ever come."""

import pytest

from orchestrator import RunState
from tests.chaos.sites import first_over
from tests.chaos.world import World, Worlds

#: Those who wait on a dead connection find out within this time.
WITHIN_SECONDS = 45.0


def goes_on(world: World) -> None:
    step = {"name": "first", "task": "works.work"}
    run_id = world.begin([step, {**step, "name": "second", "after": ["first"]}])
    world.until_all_ended(within=WITHIN_SECONDS)
    assert world.coordinator.run(run_id).state is RunState.SUCCEEDED


@pytest.mark.timeout(150)
@first_over("postgresql")
def test_an_installation_goes_on_though_its_connections_died_without_a_word(
    make_world: Worlds,
) -> None:
    world = make_world()
    world.start("works")
    goes_on(world)

    for line in world.lines_to.values():
        line.abandon()

    goes_on(world)
