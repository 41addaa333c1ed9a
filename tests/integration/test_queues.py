"""What the broker has: how much, what comes next, and what is with workers."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from orchestrator import Priority, Settings
from orchestrator.broker.celery_app import producer_app
from orchestrator.broker.publishing import publish
from orchestrator.broker.queues import Queues, sub_queue
from orchestrator.canvas import signature
from orchestrator.ledger.outbox import Dispatch
from orchestrator.plan import WINDOW
from orchestrator.workflow import Step


@pytest.fixture
def server(broker: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(broker, decode_responses=True) as client:
        yield client


@pytest.fixture
def queues(broker: str) -> Iterator[Queues]:
    found = Queues(broker)
    with closing(found._redis):
        yield found


def dispatched(name: str, *, level: int) -> Dispatch:
    return Dispatch("run", name, 1, "toy", level, "version", dt.datetime.now(dt.UTC))


@pytest.fixture
def send(broker: str) -> Iterator[object]:
    """Publish as the dispatcher does."""
    app = producer_app(Settings(broker_url=broker, ledger_url="sqlite://"))

    def publish_all(*steps: Dispatch) -> None:
        publish(
            app,
            [
                signature(app, d.run_id, Step(name=d.step, task="toy.note"), d.attempt, d.level)
                for d in steps
            ],
        )

    yield publish_all
    app.close()


def test_depths_are_the_lengths_of_the_lists(queues: Queues, send, server: redis.Redis) -> None:
    for count, priority in enumerate(Priority, start=1):
        send(
            *(
                dispatched(f"{priority.name.lower()}{n}", level=priority.broker_level)
                for n in range(count)
            )
        )

    depths = queues.depths(["toy", "other"])

    assert depths["toy"] == {priority: priority + 1 for priority in Priority}
    assert depths["other"] == dict.fromkeys(Priority, 0)
    for priority in Priority:
        assert server.llen(sub_queue("toy", priority.broker_level)) == priority + 1


def test_the_next_to_be_taken_is_the_first_that_is_shown(queues: Queues, send) -> None:
    level = Priority.NORMAL.broker_level
    send(*(dispatched(f"s{n}", level=level) for n in range(1200)))

    parts = list(queues.oldest_first("toy", level))

    assert [name for part in parts for name in part] == [f"run:s{n}:1" for n in range(1200)]
    assert len(parts) > 1
    assert list(queues.oldest_first("toy", level + 2)) == []


def test_held_is_what_living_workers_have_taken(queues: Queues, server: redis.Redis) -> None:
    for name, taken in (("held", time.time()), ("stuck", time.time() - 15)):
        message = {"headers": {"id": f"run:{name}:1"}}
        server.hset("unacked", name, json.dumps([message, "orchestrator", "toy"]))
        server.zadd("unacked_index", {name: taken})

    assert queues.held() == {"run:held:1"}


def test_only_what_is_more_urgent_outranks(queues: Queues, send) -> None:
    send(dispatched("a", level=5))

    assert queues.is_outranked("toy", 7)
    assert not queues.is_outranked("toy", 5)
    assert not queues.is_outranked("toy", 0)
    assert not queues.is_outranked("other", 9)


def test_a_broker_that_does_not_answer_is_not_gone_ahead_of() -> None:
    queues = Queues("redis://127.0.0.1:1/0")

    assert queues.is_outranked("toy", 5)
    assert not queues.is_outranked("toy", 0)


def test_few_messages_are_named_and_many_are_not_read(queues: Queues, send) -> None:
    assert queues.few("toy", 5) == []

    send(*(dispatched(f"s{n}", level=5) for n in range(WINDOW)))
    assert sorted(queues.few("toy", 5) or ()) == [f"run:s{n}:1" for n in range(WINDOW)]
    assert queues.few("toy", 7) == []

    send(*(dispatched(f"t{n}", level=5) for n in range(200)))
    assert queues.few("toy", 5) is None


def test_of_a_broker_that_does_not_answer_nobody_knows_how_few_there_are() -> None:
    assert Queues("redis://127.0.0.1:1/0").few("toy", 5) is None
