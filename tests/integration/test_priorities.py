"""What is urgent waits at most for what already runs."""

import time

from orchestrator import Priority, RunState
from tests.integration.installation import Installation
from tests.integration.wire import priority_of, published, step_of

LOW = 40
URGENT = 4


def test_no_low_step_starts_between_the_urgent_ones_being_queued_and_starting(
    toy: Installation,
) -> None:
    toy.succeed([{"name": f"warm{n}", "task": "toy.note"} for n in range(4)])  # both processes
    nap = {"task": "toy.note", "inputs": {"seconds": 0.2}}
    low = toy.submit([{"name": f"low{n}", **nap} for n in range(LOW)], priority=Priority.LOW)
    toy.until_started(low, "low3")

    urgent = toy.submit(
        [{"name": f"urgent{n}", **nap} for n in range(URGENT)], priority=Priority.CRITICAL
    )

    since = time.time()  # their messages are with the broker
    assert toy.wait(urgent).state is RunState.SUCCEEDED
    assert toy.wait(low).state is RunState.SUCCEEDED
    last_urgent = max(entry.at for entry in toy.diary(urgent, "start"))
    between = [e.step for e in toy.diary(low, "start") if since < e.at < last_urgent]
    assert between == []
    waiting = [e for e in toy.diary(low, "start") if e.at > last_urgent]
    assert len(waiting) >= 4  # so there was a backlog to pass


def test_a_step_may_be_more_urgent_than_its_run(toy: Installation) -> None:
    nap = {"task": "toy.note", "inputs": {"seconds": 0.05}}
    steps = [{"name": f"s{n}", **nap} for n in range(20)]
    steps.append({"name": "first", "task": "toy.note", "priority": "critical"})

    run = toy.succeed(steps, priority=Priority.BACKGROUND)

    order = [entry.step for entry in toy.diary(run, "start")]
    assert order.index("first") <= 4


def test_the_next_step_of_a_run_keeps_its_own_priority(toy: Installation) -> None:
    steps = [
        {"name": "first", "task": "toy.note", "priority": "critical"},
        {"name": "then", "task": "toy.note", "after": ["first"]},
        {"name": "last", "task": "toy.note", "after": ["then"], "priority": "low"},
    ]

    with published(toy) as messages:
        toy.succeed(steps, priority=Priority.HIGH)

    levels = {step_of(message): priority_of(message) for message in messages}
    assert levels == {
        "first": Priority.CRITICAL.broker_level,
        "then": Priority.HIGH.broker_level,
        "last": Priority.LOW.broker_level,
    }
