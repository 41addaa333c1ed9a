"""What the event log says of permits; and what is skipped takes none."""

from typing import Any

import pytest

from orchestrator import RunState, StepState
from tests.integration.installation import Factory, Installation

pytestmark = pytest.mark.timeout(60)

GATEWAY = {"name": "gateway", "type": "network", "capacity": 1}


def using(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, "permits": {"gateway": 1}, **more}


@pytest.fixture
def toy(install: Factory) -> Installation:
    made = install(resources=[GATEWAY])
    made.start_maintenance()
    made.start_pool(2)
    return made


def holder(toy: Installation) -> dict[str, Any]:
    return using("holder", task="toy.hold", inputs={"until": str(toy.gate("free"))})


def test_the_log_says_how_many_permits_were_held_at_once(toy: Installation) -> None:
    run = toy.succeed([using("a"), using("b"), using("c", "a", "b")])

    (audited,) = toy.coordinator.audit([run.id])

    assert (audited.resource, audited.capacity) == ("gateway", 1)
    assert (audited.most, audited.attempts, audited.is_kept) == (1, 3, True)


def test_a_capacity_that_was_passed_is_told(toy: Installation) -> None:
    toy.coordinator.set_capacity("gateway", 2, by="a test", reason="more")
    seconds = {"inputs": {"seconds": 0.5}}
    run = toy.succeed([using("a", **seconds), using("b", **seconds)])
    toy.coordinator.set_capacity("gateway", 1, by="a test", reason="less")

    (audited,) = toy.coordinator.audit([run.id])

    assert (audited.most, audited.is_kept) == (2, False)


def test_a_step_that_is_skipped_waits_for_no_permits_and_holds_none(toy: Installation) -> None:
    first = toy.submit([holder(toy)])
    toy.until_started(first, "holder")

    add = {"name": "sum", "task": "toy.add", "inputs": {"a": 1}}
    run = toy.succeed([add, using("never", when="sum > 5"), using("nor_this", "never")])

    assert toy.steps(run)["never"].reason == "its condition 'sum > 5' is false"
    assert toy.steps(run)["nor_this"].state is StepState.SKIPPED
    toy.gate("free").touch()
    assert toy.wait(first).state is RunState.SUCCEEDED
    (audited,) = toy.coordinator.audit([first.id, run.id])
    assert (audited.most, audited.attempts) == (1, 1)


def test_a_condition_that_cannot_be_evaluated_fails_its_step(toy: Installation) -> None:
    add = {"name": "sum", "task": "toy.add", "inputs": {"a": 1}}
    run = toy.run([add, using("odd", when="1 / (sum - 1) > 5")])

    assert run.state is RunState.FAILED
    assert "odd" in (run.error or "")
    (audited,) = toy.coordinator.audit([run.id])
    assert audited.attempts == 1
