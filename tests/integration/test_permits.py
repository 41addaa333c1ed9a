"""Steps take permits: never more than there are, and whoever waits holds no worker."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from orchestrator import Run, RunState, StepState, Workflow
from orchestrator.why.reasons import Cause
from tests.integration.installation import Factory, Installation
from tests.toy.diary import Entry
from tests.waiting import eventually

#: One fewer than there are processes: the one that is left sorts what comes.
SEATS = {"name": "seats", "type": "process", "capacity": 1, "fair": True}
GATEWAY = {"name": "gateway", "type": "network", "capacity": 2}


def using(name: str, *after: str, seconds: float = 0.1, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "task": "toy.note",
        "inputs": {"seconds": seconds},
        "after": after,
        "permits": {"gateway": 1},
        **more,
    }


def started(install: Factory, *resources: dict[str, Any], processes: int = 4) -> Installation:
    made = install(resources=list(resources or (GATEWAY,)))
    made.start_maintenance()
    made.start_pool(processes)
    return made


def most_at_once(entries: Sequence[Entry]) -> int:
    """Return how many steps were between their start and their end at the same moment."""
    moves = sorted((e.at, 1 if e.event == "start" else -1) for e in entries)
    most = now = 0
    for _, move in moves:
        now += move
        most = max(most, now)
    return most


def test_no_more_steps_run_at_once_than_there_are_permits(install: Factory) -> None:
    toy = started(install)

    run = toy.succeed([using(f"s{number}") for number in range(12)], within=40)

    assert most_at_once(toy.diary(run)) == 2
    assert {entry.step for entry in toy.diary(run, "end")} == {f"s{n}" for n in range(12)}


def test_a_step_that_waits_for_a_permit_holds_no_worker(install: Factory) -> None:
    toy = started(install, processes=2)
    gate = toy.gate("held")
    holders = [
        {"name": n, "task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
        for n in ("h1",)
    ]
    first = toy.submit(holders)
    toy.until_started(first, "h1")
    waiting = toy.submit([using(f"w{number}") for number in range(8)])

    # The one process that is left does all of this though all of those could not start at once.
    free = toy.succeed([{"name": f"f{n}", "task": "toy.note"} for n in range(4)])

    assert free.state is RunState.SUCCEEDED
    gate.touch()
    assert toy.wait(waiting, within=40).state is RunState.SUCCEEDED


def test_a_step_is_parked_and_says_so(install: Factory) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 1}, processes=2)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    run = toy.submit([{"name": "holder", **hold}, {"name": "waiter", **hold}])

    def parked() -> list[str]:
        return [s.name for s in toy.steps(run).values() if s.state is StepState.PARKED]

    (name,) = eventually(parked)
    other = {"holder": "waiter", "waiter": "holder"}[name]
    toy.until_started(run, other)

    (reason,) = toy.coordinator.why(run.id, name)

    assert (reason.cause, reason.on) == (Cause.PERMIT, ("gateway",))
    assert reason.sentence.startswith(
        f"waits for a permit of 'gateway': all of it is taken, held by step '{other}' of run "
        f"{run.id} on "
    )
    assert reason.sentence.endswith("; it is number 1 in line")
    assert len(toy.diary(run, "start")) == 1
    gate.touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


@pytest.mark.parametrize("victim", ["child", "node"])
def test_a_permit_comes_back_when_its_holder_dies(install: Factory, victim: str) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 1}, processes=1)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    first = toy.submit([{"name": "holder", **hold}])
    holder = toy.until_started(first, "holder")
    second = toy.submit([using("waiter")])
    if victim == "child":
        os.kill(holder.pid, signal.SIGKILL)
    else:
        toy.kill(toy.pools[0])
        toy.start_pool(2)
    gate.touch()

    assert toy.wait(first, within=40).state is RunState.SUCCEEDED
    assert toy.wait(second, within=40).state is RunState.SUCCEEDED
    assert most_at_once(toy.diary(second)) == 1


def test_who_ends_after_its_step_was_taken_from_it_is_counted(install: Factory) -> None:
    toy = started(install, processes=1)
    toy.start_pool(1)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    run = toy.submit([{"name": "holder", **hold}])
    parent = psutil.Process(toy.until_started(run, "holder").pid).ppid()

    with toy.ledger.write():  # or it might hold SQLite's write lock for as long as it is stopped
        os.kill(parent, signal.SIGSTOP)  # it beats no more, but its process works on
    toy.until_started(run, "holder", attempt=2)
    gate.touch()

    assert toy.wait(run).state is RunState.SUCCEEDED
    eventually(lambda: stale_effects(toy) == 1)
    os.kill(parent, signal.SIGCONT)


def stale_effects(toy: Installation) -> int:
    totals = toy.coordinator.permit_totals()
    assert totals is not None
    return totals.stale_effects


def test_a_redis_that_forgot_everything_is_told_who_holds_permits(install: Factory) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 1}, processes=2)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    run = toy.submit([{"name": "holder", **hold}])
    toy.until_started(run, "holder")
    waiting = toy.submit([using("waiter")])
    eventually(lambda: toy.steps(waiting)["waiter"].state is StepState.PARKED)

    toy.redis.flushall()
    third = toy.submit([using("late")])
    eventually(lambda: toy.steps(third)["late"].state is StepState.PARKED, within=20)

    assert toy.diary(waiting) == toy.diary(third) == []
    gate.touch()
    for each in (run, waiting, third):
        assert toy.wait(each, within=40).state is RunState.SUCCEEDED
    entries = [entry for each in (run, waiting, third) for entry in toy.diary(each)]
    assert most_at_once(entries) == 1


def test_a_step_that_can_never_have_its_permits_fails_and_says_so(install: Factory) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 3}, processes=1)
    run = toy.submit([using("big", permits={"gateway": 3})])
    assert toy.wait(run).state is RunState.SUCCEEDED
    toy.coordinator.set_capacity("gateway", 2, by="ada", reason="the other side asks for it")

    failed = toy.run([using("big", permits={"gateway": 3})])

    assert failed.state is RunState.FAILED
    assert "asks for 3 of resource 'gateway', of which there are 2" in str(failed.error)


def test_a_scope_is_held_until_its_last_step_has_ended(install: Factory) -> None:
    toy = started(install, {"name": "migrations", "type": "lock"}, processes=3)
    definition = {
        "name": "toy",
        "steps": [
            {"name": "a", "task": "toy.note", "inputs": {"seconds": 0.2}},
            {"name": "b", "task": "toy.note", "inputs": {"seconds": 0.2}, "after": ["a"]},
            {"name": "c", "task": "toy.note", "inputs": {"seconds": 0.2}, "after": ["b"]},
        ],
        "scopes": [{"permits": {"migrations": "exclusive"}, "first": "a", "last": "b"}],
    }
    workflow = Workflow.model_validate(definition)

    runs = [toy.coordinator.submit(workflow) for _ in range(3)]

    for run in runs:
        assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    held = [
        (min(e.at for e in inside), max(e.at for e in inside))
        for run in runs
        for inside in [[e for e in toy.diary(run) if e.step in "ab"]]
    ]
    for (_, end), (begin, _) in pairwise(sorted(held)):
        assert end <= begin


REBUILD = """
import os
from orchestrator import Settings, failpoints
from orchestrator.maintenance import Maintenance
failpoints.arm_from(os.environ)
permits = Maintenance(Settings())._permits
permits.declare()
permits.sweep()
"""


@pytest.mark.parametrize("point", ["rebuilding", "rebuilt"])
def test_a_rebuild_that_nobody_ends_is_begun_again(install: Factory, point: str) -> None:
    toy = install(resources=[GATEWAY])
    trap = {"ORCHESTRATOR_FAILPOINTS": f"permits.{point}=kill"}

    command = [sys.executable, "-c", REBUILD]
    died = subprocess.run(command, env={**toy.environment(), **trap}, check=False)

    assert died.returncode == -signal.SIGKILL
    toy.start_maintenance()
    toy.start_pool(1)
    toy.succeed([using("a")], within=40)


def test_maintenance_ends_when_the_part_of_it_that_sees_to_permits_does(
    install_embedded: Factory,
) -> None:
    toy = install_embedded(resources=[GATEWAY])
    trap = {"ORCHESTRATOR_FAILPOINTS": "permits.rebuilding=exit:3"}

    command = [sys.executable, "-m", "orchestrator", "maintenance"]
    ended = subprocess.run(command, env={**toy.environment(), **trap}, check=False, timeout=30)

    assert ended.returncode == 3


def test_a_scope_is_held_while_its_first_step_waits_for_permits_of_its_own(
    install: Factory,
) -> None:
    lock = {"name": "migrations", "type": "lock"}
    one = {"name": "gateway", "type": "network", "capacity": 1}
    toy = started(install, one, lock, processes=2)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    toy.until_started(toy.submit([{"name": "holder", **hold}]), "holder")
    scope = {"permits": {"migrations": "exclusive"}, "first": "a", "last": "a"}
    workflow = Workflow.model_validate({"name": "toy", "steps": [using("a")], "scopes": [scope]})
    run = toy.coordinator.submit(workflow)
    eventually(lambda: toy.steps(run)["a"].state is StepState.PARKED)
    sweeper = toy._helpers[0][2]._permits

    for _ in range(3):
        sweeper.compare()

    assert [lease.id for lease in toy.coordinator.leases("migrations")] == [f"{run.id}:@0"]
    gate.touch()
    assert toy.wait(run).state is RunState.SUCCEEDED
    eventually(lambda: toy.coordinator.leases() == [])


def two_in_line(toy: Installation, gate: Path) -> list[Run]:
    """Return two runs whose steps wait for the one permit, which is held until the gate opens."""
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    toy.until_started(toy.submit([{"name": "holder", **hold}]), "holder")
    runs = []
    for _ in range(2):
        run = toy.submit([using("waiter")])
        eventually(lambda run=run: toy.steps(run)["waiter"].state is StepState.PARKED)
        runs.append(run)
    return runs


def test_a_parked_step_that_is_made_urgent_goes_first(install: Factory) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 1}, processes=2)
    gate = toy.gate("held")
    runs = two_in_line(toy, gate)

    toy.coordinator.reprioritize(runs[1].id, "critical", by="ada", reason="the customer called")
    eventually(lambda: toy.steps(runs[1])["waiter"].state is StepState.PARKED)
    gate.touch()

    first, second = (toy.until_started(run, "waiter") for run in runs)
    assert second.at < first.at


def test_a_cancelled_step_leaves_the_line_and_holds_nobody_up(install: Factory) -> None:
    toy = started(install, {"name": "gateway", "type": "network", "capacity": 1}, processes=2)
    gate = toy.gate("held")
    runs = two_in_line(toy, gate)

    toy.coordinator.cancel(runs[0].id, by="ada", reason="not needed any more")
    gate.touch()

    assert toy.wait(runs[1]).state is RunState.SUCCEEDED
    assert toy.coordinator.run(runs[0].id).state is RunState.CANCELLED
    assert toy.diary(runs[0]) == []


def test_a_workflow_brings_resources_of_its_own(install: Factory) -> None:
    toy = started(install)
    seats = {"name": "own-seats", "capacity": 1, "fair": True, "weights": {"many": 2}}
    definition = {"name": "toy", "steps": [using("a", permits={"own-seats": 1})]}

    run = toy.coordinator.submit(Workflow.model_validate({**definition, "resources": [seats]}))
    later = toy.coordinator.submit(Workflow.model_validate(definition))

    for each in (run, later):
        assert toy.wait(each, within=40).state is RunState.SUCCEEDED


def test_customers_take_turns_in_a_pool_whose_steps_share_it_fairly(install: Factory) -> None:
    toy = started(install, SEATS, processes=2)
    step = {**using("a", seconds=0.05), "permits": {"seats": 1}}
    workflow = Workflow.model_validate(
        {"name": "toy", "fair_by": "$input.customer", "steps": [step]}
    )

    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"seats": 1}}
    holder = toy.submit([{"name": "holder", **hold}])
    toy.until_started(holder, "holder")
    many = [toy.coordinator.submit(workflow, {"customer": "many"}) for _ in range(12)]
    one = toy.coordinator.submit(workflow, {"customer": "one"})
    eventually(lambda: toy.steps(one)["a"].state is StepState.PARKED, within=40)
    gate.touch()

    for run in (*many, one):
        assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    begun = toy.steps(one)["a"].started_at
    assert sum(toy.steps(run)["a"].started_at < begun for run in many) <= 2
