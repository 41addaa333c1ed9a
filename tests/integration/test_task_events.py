"""What a pool tells of its tasks: all of it, and many things at a time."""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from redis.client import PubSub

from orchestrator import canvas
from orchestrator.broker.celery_app import producer_app
from orchestrator.pools.consumer import _GATHERED_SECONDS
from orchestrator.workflow import Step
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

STEPS = 20
#: Celery sends so many without waiting for more.
FULL = 24
AT_WORK = ("task-received", "task-started", "task-succeeded")


@pytest.fixture
def toy(install_embedded: Factory) -> Installation:
    """A pool of one process, to which each step comes by a message."""
    toy = install_embedded(bursts=False)
    toy.start_pool(concurrency=1)
    return toy


@pytest.fixture
def told(toy: Installation) -> Iterator[PubSub]:
    """What pools publish of their tasks from now on; the producer's own news are others."""
    with toy.redis.pubsub() as heard:
        heard.psubscribe("*celeryev/task.multi")
        assert heard.get_message(timeout=5)  # that we are heard
        yield heard


def batches(heard: PubSub) -> list[list[dict[str, Any]]]:
    """Return what was published since the last look, each a list of events."""
    messages = iter(lambda: heard.get_message(timeout=0.2), None)
    return [json.loads(b64decode(json.loads(message["data"])["body"])) for message in messages]


def test_a_moment_is_told_in_one_message(toy: Installation, told: PubSub) -> None:
    chain = [
        {"name": f"s{n}", "task": "toy.note", "after": [f"s{n - 1}"] if n else []}
        for n in range(STEPS)
    ]
    run = toy.succeed(chain)
    found: list[list[dict[str, Any]]] = []

    def events() -> Counter[str]:
        found.extend(batches(told))
        return Counter(event["type"] for batch in found for event in batch)

    eventually(lambda: events()["task-succeeded"] == STEPS)
    assert events() == dict.fromkeys(AT_WORK, STEPS)
    times = [event["timestamp"] for batch in found for event in batch]
    moments = 1 + (max(times) - min(times)) / _GATHERED_SECONDS
    assert len(found) <= moments + len(times) / FULL
    in_order = [e["uuid"] for batch in found for e in batch if e["type"] == "task-started"]
    assert in_order == [f"{run.id}:s{n}:1" for n in range(STEPS)]


def test_a_step_that_ends_while_the_pool_does_is_told_of(toy: Installation, told: PubSub) -> None:
    gate = toy.gate("free")
    run = toy.submit([{"name": "only", "task": "toy.hold", "inputs": {"until": str(gate)}}])
    toy.until_started(run, "only")
    log = toy.folder / "logs" / "pool-0.log"

    toy.pools[0].terminate()
    eventually(lambda: "shutdown" in log.read_text(errors="replace"))
    gate.touch()
    toy.pools[0].wait(20)

    events = [event for batch in batches(told) for event in batch]
    assert [event["type"] for event in events] == list(AT_WORK)
    assert {event["uuid"] for event in events} == {f"{run.id}:only:1"}


def test_a_message_that_was_refused_did_not_succeed(toy: Installation, told: PubSub) -> None:
    found: list[tuple[str, str]] = []

    def events() -> list[tuple[str, str]]:
        for batch in batches(told):
            found.extend((event["uuid"].split(":")[1], event["type"]) for event in batch)
        return found

    run = toy.succeed([{"name": "only", "task": "toy.note"}])
    eventually(lambda: ("only", "task-succeeded") in events())
    found.clear()
    step = Step(name="only", task="toy.note")
    canvas.signature(producer_app(toy.settings), run.id, step, attempt=1, level=4).apply_async()
    toy.succeed([{"name": "next", "task": "toy.note"}])
    eventually(lambda: ("next", "task-succeeded") in events())

    assert [kind for name, kind in found if name == "only"] == ["task-received", "task-started"]
    assert len(toy.diary(run, "start")) == 1
    assert "refused" in (toy.folder / "logs" / "pool-0.log").read_text()
