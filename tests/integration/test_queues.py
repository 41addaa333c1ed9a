"""What the broker has: depths are lengths, and lost is exactly what was lost."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from orchestrator import Priority, Settings
from orchestrator.canvas import publish, signature
from orchestrator.celery_app import producer_app
from orchestrator.ledger.outbox import Dispatch
from orchestrator.queues import Queues, sub_queue
from orchestrator.workflow import Step

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def server(broker: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(broker, decode_responses=True) as client:
        yield client


@pytest.fixture
def queues(broker: str) -> Iterator[Queues]:
    found = Queues(broker)
    with closing(found._redis):
        yield found


def dispatched(name: str, *, age: float, priority: Priority = Priority.NORMAL) -> Dispatch:
    queued_at = NOW - dt.timedelta(seconds=age)
    return Dispatch("run", name, 1, "toy", priority.broker_level, "version", queued_at)


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
                dispatched(f"{priority.name.lower()}{n}", age=0, priority=priority)
                for n in range(count)
            )
        )

    depths = queues.depths(["toy", "other"])

    assert depths["toy"] == {priority: priority + 1 for priority in Priority}
    assert depths["other"] == dict.fromkeys(Priority, 0)
    for priority in Priority:
        assert server.llen(sub_queue("toy", priority.broker_level)) == priority + 1


def test_what_waits_in_a_long_backlog_is_not_lost(queues: Queues, send) -> None:
    backlog = [dispatched(f"s{n}", age=7200 - n) for n in range(2500)]
    send(*backlog)

    assert queues.lost(backlog) == []


def test_what_was_removed_from_the_head_of_a_backlog_is_lost(
    queues: Queues, send, server: redis.Redis
) -> None:
    backlog = [dispatched(f"s{n}", age=7200 - 10 * n) for n in range(100)]
    send(*backlog)
    server.rpop(sub_queue("toy", Priority.NORMAL.broker_level), 3)

    assert queues.lost(backlog) == backlog[:3]


def test_in_an_empty_queue_everything_is_lost_but_what_living_workers_hold(
    queues: Queues, server: redis.Redis
) -> None:
    lost, held, stuck = (dispatched(name, age=60) for name in ("lost", "held", "stuck"))
    for name, taken in (("held", time.time()), ("stuck", time.time() - 15)):
        message = {"headers": {"id": f"run:{name}:1"}}
        server.hset("unacked", name, json.dumps([message, "orchestrator", "toy"]))
        server.zadd("unacked_index", {name: taken})

    assert queues.lost([lost, held, stuck]) == [lost, stuck]


def test_behind_somebody_elses_message_the_whole_queue_is_searched(queues: Queues, send) -> None:
    waiting = [dispatched(f"s{n}", age=60) for n in range(5)]
    send(dispatched("stranger", age=3600), *waiting)
    lost = dispatched("lost", age=60)

    assert queues.lost([*waiting, lost]) == [lost]


def test_each_sub_queue_is_judged_by_itself(queues: Queues, send) -> None:
    waiting = dispatched("urgent", age=60, priority=Priority.HIGH)
    send(waiting)
    lost = dispatched("lost", age=60, priority=Priority.LOW)

    assert queues.lost([waiting, lost]) == [lost]


def test_a_message_of_an_earlier_attempt_does_not_stand_for_the_next(queues: Queues, send) -> None:
    send(dispatched("again", age=60))
    second = Dispatch("run", "again", 2, "toy", Priority.NORMAL.broker_level, "version", NOW)

    assert queues.lost([second]) == [second]
