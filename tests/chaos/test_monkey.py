"""Whatever is done to the installation, every run ends, in order, with nothing lost or doubled."""

import sys

import pytest

from tests.chaos.monkey import rage
from tests.chaos.world import Worlds

SHORT_SECONDS = 12.0


@pytest.mark.timeout(150)
def test_nothing_is_lost_or_doubled_whatever_the_monkey_does(make_world: Worlds, seed: int) -> None:
    world = make_world(max_losses=1000)
    world.start("works", "works")

    truth, told = rage(world, seed, SHORT_SECONDS)

    sys.stdout.write(told)
    assert truth.faults == [], told


@pytest.mark.slow
@pytest.mark.timeout(0)  # `rage` has deadlines of its own
def test_nothing_is_lost_or_doubled_however_long_it_goes_on(
    make_world: Worlds, seed: int, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world(max_losses=1_000_000)
    world.start("works", "works", maintenances=2)

    truth, told = rage(world, seed, 60 * pytestconfig.getoption("--chaos-minutes"))

    with capsys.disabled():
        sys.stdout.write(f"\n{world.coordinator.settings.ledger_url.partition(':')[0]}, {told}")
    assert truth.faults == []
