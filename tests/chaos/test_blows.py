"""A run goes on after each of the blows that the promise names, one at a time."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from orchestrator import RunState
from tests.chaos import blows
from tests.chaos.blows import BLOWS, Blow, Struck
from tests.chaos.trap_file import Fall
from tests.chaos.truth import truth_of
from tests.chaos.world import World

pytestmark = pytest.mark.timeout(60)

#: Those that break a process where a test says are in `test_failpoints_of_a_run`; worlds that have
#: an ERP with a server of its own are in `test_production`.
NAMED = [blow for blow in BLOWS if blow not in (blows.trap, blows.kill_in_submit, blows.kill_erp)]


#: As many as there are processes, so that no blow at a process misses.
HELD = ("hold0", "hold1", "hold2", "hold3")


def held(gate: Path, *names: str) -> list[dict[str, Any]]:
    """Steps that are at work until their gate opens, and a diamond after them."""
    until = {"until": str(gate)}
    holds = [{"name": name, "task": "works.hold", "inputs": until} for name in names]
    return [*holds, work("a", *names), work("b", *names), work("last", "a", "b")]


def work(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "works.work", "after": after}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """What holds steps up; open in the end, so that none holds up the next test."""
    yield tmp_path / "gate"
    (tmp_path / "gate").touch()


@pytest.mark.parametrize("blow", NAMED, ids=lambda blow: blow.__name__)
def test_a_run_goes_on_after(blow: Blow, worn: World, gate: Path) -> None:
    run_id = worn.begin(held(gate, *HELD))
    for name in HELD:
        worn.until_started(run_id, name)

    struck = blow(worn, Random(blow.__name__))
    if struck is None and (blow, worn.site.server) == (blows.restart_ledger, None):
        struck = Struck("nothing")  # SQLite has no server to restart
    elif struck is None:
        assert "CI" not in os.environ, "in CI every blow falls"
        pytest.skip("no disk can be mounted here to be filled")
    gate.touch()
    over = time.monotonic() + struck.lasts
    worn.until(lambda: time.monotonic() >= over, within=20)
    struck.undo()

    worn.until_all_ended(within=30)
    assert truth_of(worn, [struck]).faults == []


def test_a_submission_whose_producer_was_killed_in_the_middle_is_one_run(worn: World) -> None:
    before = len(worn.coordinator.runs(limit=10_000))
    marker = worn.producer.traps.set_once("ledger.committed", "kill")

    run_id = worn.begin([work("first"), work("second", "first")])

    assert Fall.read(marker)
    worn.until_all_ended(within=20)
    assert worn.coordinator.run(run_id).state is RunState.SUCCEEDED
    assert len(worn.coordinator.runs(limit=10_000)) == before + 1


def test_a_node_that_froze_past_its_lease_and_went_on_changes_nothing(
    worn: World, gate: Path
) -> None:
    run_id = worn.begin(held(gate, "holds"))
    first = worn.until_started(run_id, "holds")
    parent = psutil.Process(first.pid).ppid()
    with worn.coordinator.ledger.write():  # or it might hold SQLite's lock while it is stopped
        os.killpg(parent, signal.SIGSTOP)

    worn.until_started(run_id, "holds", attempt=2)
    gate.touch()
    worn.until(lambda: "last" in {line.step for line in worn.lines(run_id)}, within=20)
    os.killpg(parent, signal.SIGCONT)

    ends = {("holds", 1, "end"), ("holds", 2, "end")}
    worn.until(
        lambda: ends <= {(line.step, line.attempt, line.event) for line in worn.lines(run_id)},
        within=20,
    )
    worn.until_all_ended(within=20)
    assert truth_of(worn, []).faults == []
