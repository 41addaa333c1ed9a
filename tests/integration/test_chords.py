"""A chord counts each step once, and publishes its body once, whoever gives parts how often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import redis
from celery import Celery

from orchestrator import Priority, Settings, failpoints
from orchestrator.broker.celery_app import producer_app
from orchestrator.broker.queues import sub_queue
from orchestrator.canvas import chord_id, signature
from orchestrator.chords import EXPIRES_SECONDS, Part, SharedHeaderBackend
from orchestrator.workflow import Step

HEADER = ("a", "b", "c")


class Chords:
    """Gives parts to chords of one run, and reads what came of it."""

    def __init__(self, app: Celery, client: redis.Redis) -> None:
        self.app = app
        self.client = client
        self.backend = app.backend
        assert isinstance(self.backend, SharedHeaderBackend)

    def part(self, step: str, join: str = "join", generation: int = 1) -> Part:
        body = Step(name=join, task="toy.note")
        return Part(
            step=f"run:{step}",
            chord=chord_id("run", join, generation),
            size=len(HEADER),
            index=HEADER.index(step),
            body=partial(signature, self.app, "run", body, 1, Priority.NORMAL.broker_level),
        )

    def give(self, *steps: str, generation: int = 1) -> None:
        self.backend.give([self.part(step, generation=generation) for step in steps])

    @property
    def bodies(self) -> int:
        return int(self.client.llen(sub_queue("toy", Priority.NORMAL.broker_level)))

    @property
    def keys(self) -> list[str]:
        return [key for key in self.client.keys("*") if "run:" in key]


@pytest.fixture
def chords(broker: str) -> Iterator[Chords]:
    app = producer_app(Settings(broker_url=broker, ledger_url="sqlite://"))
    with redis.Redis.from_url(broker, decode_responses=True) as client:
        yield Chords(app, client)
    failpoints.disarm()
    app.backend.client.close()
    app.close()


def test_the_body_is_published_with_the_last_part(chords: Chords) -> None:
    chords.give("a", "b")
    assert chords.bodies == 0

    chords.give("c")

    assert chords.bodies == 1


def test_a_part_given_twice_counts_once(chords: Chords) -> None:
    chords.give("a", "a", "b", "a")
    assert chords.bodies == 0

    chords.give("c", "c", "a")

    assert chords.bodies == 1


def test_one_step_stands_in_several_chords(chords: Chords) -> None:
    for step in HEADER:
        chords.backend.give([chords.part(step, "left"), chords.part(step, "right")])

    assert chords.bodies == 2


def test_parts_of_many_chords_are_counted_at_once(chords: Chords) -> None:
    joins = [f"join_{number}" for number in range(20)]
    steps_of = {join: HEADER[: 1 + number % 3] for number, join in enumerate(joins)}

    chords.backend.give(
        [chords.part(step, join) for join, steps in steps_of.items() for step in steps]
    )

    assert chords.bodies == sum(steps == HEADER for steps in steps_of.values())
    chords.backend.give([chords.part(step, join) for join in joins for step in reversed(HEADER)])
    assert chords.bodies == len(joins)


def test_a_body_whose_publisher_died_is_published_by_whoever_gives_a_part_again(
    chords: Chords,
) -> None:
    failpoints.arm("chords.counted=raise")
    with pytest.raises(RuntimeError):
        chords.give(*HEADER)
    failpoints.disarm()
    (claim,) = [key for key in chords.keys if key.endswith(".c")]

    chords.give("b")
    assert chords.bodies == 0
    assert 0 < chords.client.ttl(claim) <= 10
    chords.client.delete(claim)  # as when it has expired
    chords.give("b")

    assert chords.bodies == 1


def test_parts_given_by_many_at_once_publish_the_body_once(chords: Chords) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: chords.give(HEADER[n % 3]), range(60)))

    assert chords.bodies == 1


def test_a_generation_counts_by_itself(chords: Chords) -> None:
    chords.give("a", "b", "c")

    chords.give("a", "b", generation=2)
    assert chords.bodies == 1
    chords.give("c", generation=2)

    assert chords.bodies == 2


def test_a_chord_that_was_forgotten_begins_again(chords: Chords) -> None:
    chords.give("a", "b")
    chords.client.flushdb()

    chords.give("c")
    assert chords.bodies == 0
    chords.give("a", "b")

    assert chords.bodies == 1


def test_a_run_that_ended_leaves_no_key_behind(chords: Chords) -> None:
    chords.give("a", "b")
    assert chords.keys

    chords.backend.forget_chords([chord_id("run", "join", 1)])

    assert chords.keys == []


def test_no_key_stays_for_ever(chords: Chords) -> None:
    chords.give("a", "b", "c")
    chords.give("a", generation=2)

    assert chords.keys
    for key in chords.keys:
        assert 0 < chords.client.ttl(key) <= EXPIRES_SECONDS
