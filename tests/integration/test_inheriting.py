"""Whoever gives back permits goes on with the step that gets them, where it may."""

import time
from collections import Counter
from typing import Any

import pytest

from orchestrator import RunState, StepState, burst
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(90)

GATEWAY = {"name": "gateway", "type": "network", "capacity": 1}
COUNT = 5


def limited(name: str, seconds: float = 0.02, **more: Any) -> dict[str, Any]:
    inputs = {"seconds": seconds}
    return {"name": name, "task": "toy.note", "inputs": inputs, "permits": {"gateway": 1}, **more}


def holder(toy: Installation) -> dict[str, Any]:
    hold = {"task": "toy.hold", "inputs": {"until": str(toy.gate("free"))}}
    return {"name": "holder", **hold, "permits": {"gateway": 1}}


def started(install: Factory, processes: int = 2, **settings: Any) -> Installation:
    toy = install(resources=[GATEWAY], **settings)
    toy.start_pool(processes)
    toy.start_maintenance()
    return toy


def messages(toy: Installation) -> Counter[str]:
    """Return how many messages the pool took, by step."""
    log = (toy.folder / "logs" / "pool-0.log").read_text(errors="replace")
    taken = [line.split("[")[-1] for line in log.splitlines() if line.endswith("] received")]
    return Counter(entry.split(":")[1] for entry in taken)


def line_up(toy: Installation, steps: list[dict[str, Any]], **options: Any) -> Any:
    """Return a run whose steps are parked behind somebody who holds the gateway."""
    first = toy.submit([holder(toy)])
    toy.until_started(first, "holder")
    run = toy.submit(steps, **options)
    eventually(lambda: {step.state for step in toy.steps(run).values()} == {StepState.PARKED})
    return run


def test_those_who_wait_for_a_permit_follow_each_other_without_a_message(install: Factory) -> None:
    toy = started(install)
    run = line_up(toy, [limited(f"s{n}") for n in range(COUNT)])
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > burst._LONGEST_SECONDS)

    toy.gate("free").touch()

    assert toy.wait(run).state is RunState.SUCCEEDED
    again = {step: count for step, count in messages(toy).items() if count > 1}
    # The first comes by one: the holder held on for longer than a burst.
    assert 1 <= len(again) < COUNT
    assert {step.attempts for step in toy.steps(run).values()} == {1}
    eventually(lambda: not list(toy.coordinator.leases("gateway")))


def test_a_setting_turns_it_off(install: Factory) -> None:
    toy = started(install, bursts=False)
    run = line_up(toy, [limited(f"s{n}") for n in range(COUNT)])

    toy.gate("free").touch()

    assert toy.wait(run).state is RunState.SUCCEEDED
    assert {messages(toy)[f"s{n}"] for n in range(COUNT)} == {2}


def test_what_a_step_sets_free_does_not_wait_for_who_inherits_from_it(install: Factory) -> None:
    toy = started(install)
    first = toy.submit(
        [limited("short", 0.1), {"name": "next", "task": "toy.note", "after": ["short"]}]
    )
    toy.until_started(first, "short")
    gate = toy.gate("long")
    long = {"name": "long", "task": "toy.hold", "inputs": {"until": str(gate)}}
    second = toy.submit([{**long, "permits": {"gateway": 1}}])

    assert toy.wait(first).state is RunState.SUCCEEDED  # though the other holds on
    toy.until_started(second, "long")
    gate.touch()
    assert toy.wait(second).state is RunState.SUCCEEDED


def test_a_step_with_a_time_limit_comes_by_a_message(install: Factory) -> None:
    toy = started(install, processes=1)
    toy.submit([limited("before", 0.1)])
    run = toy.submit([limited("timed", timeout=30), limited("after")])

    assert toy.wait(run).state is RunState.SUCCEEDED
    assert toy.steps(run)["timed"].attempts == 1


@pytest.mark.parametrize("point", ["gate.left", "executor.claiming", "executor.called"])
def test_a_process_killed_between_two_holders_loses_and_doubles_nothing(
    install: Factory, point: str
) -> None:
    toy = install(resources=[GATEWAY])
    killed = toy.gate("killed")
    toy.start_pool(2, ORCHESTRATOR_FAILPOINTS=f"{point}=kill,skip=2,once={killed}")
    toy.start_maintenance()
    run = line_up(toy, [limited(f"s{n}") for n in range(8)])

    toy.gate("free").touch()

    assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    assert killed.exists()
    ends = Counter(entry.step for entry in toy.diary(run, "end"))
    assert set(ends) == {f"s{n}" for n in range(8)}
    assert sum(ends.values()) <= len(ends) + 1  # one may have been done and not recorded
    eventually(lambda: not list(toy.coordinator.leases("gateway")))


def test_a_run_that_is_paused_goes_no_further_by_inheritance(install: Factory) -> None:
    toy = started(install)
    run = line_up(toy, [limited(f"s{n}") for n in range(COUNT)])
    toy.coordinator.pause(run.id, by="a test", reason="enough")

    toy.gate("free").touch()

    other = toy.succeed([limited("other")])
    assert other.state is RunState.SUCCEEDED
    assert list(toy.diary(run, "start")) == []
    toy.coordinator.resume(run.id, by="a test", reason="go on")
    assert toy.wait(run).state is RunState.SUCCEEDED
