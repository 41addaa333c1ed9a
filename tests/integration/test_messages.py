"""A message names a run, a step and an attempt, and stays small in a DAG of any size."""

import base64
import json
from typing import Any

import pytest

from orchestrator import Workflow
from tests.integration.installation import Factory
from tests.integration.wire import published, step_of
from tests.waiting import eventually

LIMIT = 2048
LONG = "n" * 59


def name(place: int) -> str:
    """Return a step's name of the greatest length."""
    return f"{LONG}{place:05}"


def step(place: int, *after: int, priority: str = "critical") -> dict[str, Any]:
    return {
        "name": name(place),
        "task": "toy.note",
        "timeout": {"soft": 3600.5, "hard": 4000.5},
        "after": [name(before) for before in after],
        "priority": priority,
    }


def workflow(size: int) -> Workflow:
    """A wide fan-out; in it, served first, a chain and a counted join; a join of everything."""
    urgent = [step(0), *(step(place, 0) for place in range(1, 4))]
    link, join = step(4, 1), step(5, 4, 2, 3)
    others = [step(place, 0, priority="background") for place in range(6, size - 1)]
    last = step(size - 1, *range(1, size - 1))
    steps = [*urgent, link, join, *others, last]
    return Workflow.model_validate({"name": "w" * 64, "steps": steps})


@pytest.mark.timeout(120)
@pytest.mark.parametrize("size", [10, 10_000])
def test_every_message_is_small(install_embedded: Factory, size: int) -> None:
    toy = install_embedded(bursts=False)  # so that each step has a message
    toy.start_pool()
    seen = min(size - 1, 300)

    with published(toy) as messages:
        run = toy.coordinator.submit(workflow(size))
        toy.until_started(run, name(5), within=60)
        eventually(lambda: len(messages) >= seen, within=60)
        if size == 10:
            toy.wait(run)

    assert {step_of(message) for message in messages} >= {name(n) for n in range(seen - 1)}
    largest = max(messages, key=len)
    assert len(largest.encode()) < LIMIT


def test_a_message_carries_a_run_a_step_and_an_attempt_and_nothing_else(
    install_embedded: Factory,
) -> None:
    toy = install_embedded()
    toy.start_pool()

    with published(toy) as messages:
        run = toy.coordinator.submit(workflow(10))
        toy.wait(run)

    for message in messages:
        args, kwargs, embedded = json.loads(base64.b64decode(json.loads(message)["body"]))
        assert args == []
        assert kwargs == {"run_id": run.id, "step": step_of(message), "attempt": 1}
        assert not any(embedded.values())


def test_one_message_is_published_for_each_step(install_embedded: Factory) -> None:
    toy = install_embedded()
    toy.start_pool()
    toy.start_maintenance()

    with published(toy) as messages:
        run = toy.coordinator.submit(workflow(100))
        toy.wait(run)

    assert sorted(map(step_of, messages)) == [name(place) for place in range(100)]
    eventually(lambda: toy.redis.hlen("unacked") == 0)
