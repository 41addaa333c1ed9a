"""A process goes on with what its step sets free, and with nothing it should leave to others."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from orchestrator import RunState, StepState
from orchestrator.broker.celery_app import producer_app
from orchestrator.plan import WINDOW
from orchestrator.why.reasons import Cause
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(90)


def chain(length: int, seconds: float = 0, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": f"s{n}",
            "task": "toy.note",
            "after": [f"s{n - 1}"] if n else [],
            "inputs": {"seconds": seconds},
            **more,
        }
        for n in range(length)
    ]


def messages(toy: Installation) -> Counter[str]:
    """Return how many messages the pool took, by run."""
    log = (toy.folder / "logs" / "pool-0.log").read_text(errors="replace")
    taken = [line.split("[")[-1] for line in log.splitlines() if line.endswith("] received")]
    return Counter(entry.partition(":")[0] for entry in taken)


@pytest.fixture
def alone(install: Factory) -> Installation:
    """A pool of one process."""
    toy = install()
    toy.start_pool(concurrency=1)
    toy.start_maintenance()
    return toy


def test_a_chain_needs_few_messages(alone: Installation) -> None:
    run = alone.succeed(chain(20))

    assert messages(alone)[run.id] <= 10  # one, where 20 steps take less than 250 ms
    assert [entry.step for entry in alone.diary(run, "start")] == [f"s{n}" for n in range(20)]
    assert {step.attempts for step in alone.steps(run).values()} == {1}


@pytest.mark.parametrize("number", [1, 2])
def test_so_does_one_whose_steps_take_permits(install: Factory, number: int) -> None:
    toy = install(resources=[{"name": "gateway", "type": "network", "capacity": number}])
    toy.start_pool(concurrency=2)
    toy.start_maintenance()
    limited = chain(20, permits={"gateway": 1})
    plain = chain(20)

    run = toy.succeed([*plain[:4], *limited[4:8], *plain[8:12], *limited[12:]])

    assert messages(toy)[run.id] <= 14  # three, where 20 steps take less than 250 ms
    assert [entry.step for entry in toy.diary(run, "start")] == [f"s{n}" for n in range(20)]
    assert {step.attempts for step in toy.steps(run).values()} == {1}
    eventually(lambda: not list(toy.coordinator.leases("gateway")))


def test_of_several_steps_with_permits_it_goes_on_with_one(install: Factory) -> None:
    toy = install(resources=[{"name": "gateway", "type": "network", "capacity": 3}])
    toy.start_pool(concurrency=3)
    toy.start_maintenance()
    gate = toy.gate("all three")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    three = [{"name": f"h{n}", **hold, "after": ["first"]} for n in range(3)]

    run = toy.submit([{"name": "first", "task": "toy.note"}, *three])

    for step in three:
        toy.until_started(run, step["name"])  # side by side
    assert messages(toy)[run.id] in (3, 4)  # of the first, of two of the three or of all
    gate.touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_it_ends_after_fifty_steps(alone: Installation) -> None:
    run = alone.succeed(chain(120), within=40)

    assert messages(alone)[run.id] >= 3


def test_a_setting_turns_it_off(install: Factory) -> None:
    toy = install(bursts=False)
    toy.start_pool()
    toy.start_maintenance()

    run = toy.succeed(chain(5))

    assert messages(toy)[run.id] == 5


def test_a_step_that_fails_is_tried_again_by_a_message_of_its_own(alone: Installation) -> None:
    retry = {"max_attempts": 3, "backoff": 0.05}
    fails = {"task": "toy.fail", "inputs": {"times": 2}, "retry": retry}
    first, second, third = chain(3)

    run = alone.succeed([first, {**second, **fails}, third])

    assert alone.steps(run)["s1"].attempts == 3
    assert messages(alone)[run.id] in (3, 4, 5)  # more, where a burst took too long


def test_a_more_urgent_step_waits_for_the_step_that_runs_and_no_other(alone: Installation) -> None:
    run = alone.submit(chain(200, seconds=0.02))
    alone.until_started(run, "s3")

    urgent = alone.succeed(chain(1), priority="critical")

    began = alone.diary(urgent, "start")[0].at
    between = [entry for entry in alone.diary(run, "start") if entry.at < began]
    submitted = urgent.submitted_at.timestamp()
    # Some begin before its message is out; in 250 ms, or in 2 s, there would be more.
    assert sum(entry.at > submitted + 0.05 for entry in between) <= 6
    alone.coordinator.cancel(run.id, by="a test", reason="enough")
    alone.wait(run)


def test_slow_steps_go_on_while_nobody_waits(alone: Installation) -> None:
    run = alone.succeed(chain(5, seconds=0.3))

    assert messages(alone)[run.id] <= 2  # one, where they end within 2 s


def test_steps_that_are_alike_do_not_wait_for_each_other(alone: Installation) -> None:
    alike = {"task": "toy.note", "inputs": {"seconds": 0.1}}

    run = alone.succeed([{"name": f"s{n:02}", **alike} for n in range(WINDOW + 12)])

    # Those of the window: one of them began a burst that did the others.
    assert messages(alone)[run.id] <= WINDOW + 2


def test_a_step_that_is_ready_waits_for_no_more_than_a_quarter_of_a_second(
    alone: Installation,
) -> None:
    first, *line = chain(60, seconds=0.05)

    run = alone.submit([first, *line, {**line[0], "name": "beside"}])

    before = eventually(lambda: _begun_before(alone, run, "beside"), within=20)
    assert len(before) <= 15, before  # 250 ms are five steps, and 2 s are 40
    alone.coordinator.cancel(run.id, by="a test", reason="enough")
    alone.wait(run)


def _begun_before(toy: Installation, run: Any, step: str) -> list[str]:
    begun = [entry.step for entry in toy.diary(run, "start")]
    return begun[: begun.index(step)] if step in begun else []


def test_another_run_waits_for_no_more_than_a_quarter_of_a_second(alone: Installation) -> None:
    run = alone.submit(chain(100, seconds=0.05))
    alone.until_started(run, "s3")

    other = alone.succeed(chain(1))

    began = alone.diary(other, "start")[0].at
    between = [entry for entry in alone.diary(run, "start") if entry.at < began]
    waited = other.submitted_at.timestamp() + 0.05
    # Five of them, and some where the machine is slow; in 2 s there would be 40.
    assert sum(entry.at > waited for entry in between) <= 10
    alone.coordinator.cancel(run.id, by="a test", reason="enough")
    alone.wait(run)


@pytest.mark.parametrize("verb", ["cancel", "pause"])
def test_a_verb_acts_between_two_steps(alone: Installation, verb: str) -> None:
    run = alone.submit(chain(200, seconds=0.02))
    alone.until_started(run, "s5")

    getattr(alone.coordinator, verb)(run.id, by="a test", reason="enough")

    begun = len(alone.diary(run, "start"))
    if verb == "pause":
        eventually(lambda: StepState.RUNNING not in states(alone, run.id))
        assert len(alone.diary(run, "start")) <= begun + 1
        alone.coordinator.resume(run.id, by="a test", reason="go on")
        alone.until_started(run, f"s{begun + 3}")
        alone.coordinator.cancel(run.id, by="a test", reason="enough")
    assert alone.wait(run).state is RunState.CANCELLED
    assert verb == "pause" or len(alone.diary(run, "start")) <= begun + 1


def states(toy: Installation, run_id: str) -> set[StepState]:
    return {step.state for step in toy.coordinator.steps(run_id)}


@pytest.mark.parametrize(
    "point", ["executor.called", "ledger.committing", "ledger.committed", "chords.giving"]
)
def test_a_process_killed_in_a_burst_loses_and_doubles_nothing(
    install: Factory, point: str
) -> None:
    toy = install()
    trap = f"{point}=kill,skip=7,once={toy.gate('killed')}"
    toy.start_pool(ORCHESTRATOR_FAILPOINTS=trap)
    toy.start_maintenance()
    fan = [{"name": f"f{n}", "task": "toy.note", "after": ["s9"]} for n in range(WINDOW + 10)]
    join = {"name": "join", "task": "toy.note", "after": [step["name"] for step in fan]}

    run = toy.succeed([*chain(10), *fan, join], within=40)

    assert toy.gate("killed").exists()
    ends = Counter(entry.step for entry in toy.diary(run, "end"))
    assert set(ends) == {step["name"] for step in (*chain(10), *fan, join)}
    # One attempt may have been done and not recorded.
    assert sum(ends.values()) <= len(ends) + 1
    recorded = [e for _, e in toy.coordinator.events(run.id) if e.name == "step.succeeded"]
    assert len(recorded) == len(ends)


@pytest.mark.parametrize("point", ["executor.claiming", "gate.acquired", "executor.called"])
def test_nor_does_one_killed_with_a_step_that_nobody_was_sent(install: Factory, point: str) -> None:
    toy = install(resources=[{"name": "gateway", "type": "network", "capacity": 2}])
    trap = f"{point}=kill,skip=3,once={toy.gate('killed')}"
    toy.start_pool(ORCHESTRATOR_FAILPOINTS=trap)
    toy.start_maintenance()

    run = toy.succeed(chain(8, permits={"gateway": 1}), within=40)

    assert toy.gate("killed").exists()
    ends = Counter(entry.step for entry in toy.diary(run, "end"))
    assert set(ends) == {f"s{n}" for n in range(8)}
    assert sum(ends.values()) <= len(ends) + 1  # one may have been done and not recorded
    eventually(lambda: not list(toy.coordinator.leases("gateway")))


def test_a_join_does_not_wait_for_what_the_process_goes_on_with(install: Factory) -> None:
    toy = install()
    toy.start_pool(concurrency=2)
    gate = toy.gate("meanwhile")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}}
    first, other, join = (
        {"name": "first", "task": "toy.note", "after": ["other"]},
        {"name": "other", "task": "toy.note"},
        {"name": "join", "task": "toy.note", "after": ["first", "other"]},
    )

    run = toy.submit([other, first, join, {"name": "meanwhile", **hold, "after": ["first"]}])

    # No maintenance is there to find a join whose part is kept.
    eventually(lambda: "join" in {entry.step for entry in toy.diary(run, "end")})
    assert toy.steps(run)["meanwhile"].state is StepState.RUNNING
    gate.touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_the_elements_of_a_map_follow_each_other(alone: Installation) -> None:
    each = {"task": "toy.add", "inputs": {"a": "$item"}}
    numbers = list(range(60))
    mapped = {"name": "each", "map": {"over": numbers, "limit": 3}, **each}

    run = alone.succeed([mapped])

    assert alone.steps(run)["each"].result == numbers
    assert messages(alone)[run.id] <= 20
    # What goes wrong behind a step that is done is left to maintenance, and only logged.
    assert "Traceback" not in (alone.folder / "logs" / "pool-0.log").read_text(errors="replace")


def test_flower_is_told_of_each_step(alone: Installation) -> None:
    app = producer_app(alone.settings)
    seen: list[dict[str, Any]] = []

    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": seen.append})
        with receiver.consumer_context() as (listening, _, _):

            def hear() -> bool:
                with suppress(TimeoutError):
                    listening.drain_events(timeout=0.1)
                return bool(seen)

            eventually(hear)  # a beat: we are connected
            run = alone.succeed(chain(8))
            uuids = {f"{run.id}:s{n}:1" for n in range(8)}

            def told() -> bool:
                hear()
                return uuids <= {e["uuid"] for e in seen if e["type"] == "task-succeeded"}

            eventually(told)

    received = {e["uuid"]: e["name"] for e in seen if e["type"] == "task-received"}
    assert received == dict.fromkeys(uuids, "toy.note")
    assert {e["uuid"] for e in seen if e["type"] == "task-started"} == uuids
    at_work = ("task-received", "task-started", "task-succeeded")
    assert len({e["hostname"] for e in seen if e["type"] in at_work}) == 1


def test_a_crowd_is_done_by_few_messages_and_says_why_the_others_wait(install: Factory) -> None:
    toy = install()
    gate = toy.gate("crowd")
    first = {"name": "first", "task": "toy.note"}
    hold = {"task": "toy.hold", "after": ["first"], "inputs": {"until": str(gate)}}
    run = toy.submit([first, *({"name": f"s{n}", **hold} for n in range(WINDOW + 30))])
    toy.start_pool()
    toy.until_started(run, "s0")

    held = [r for r in toy.coordinator.why(run.id) if r.cause is Cause.LIMIT]

    # The process that did the first step takes one besides, unless a slow one has ended its burst.
    assert len(held) in (33, 34)
    assert held[0].sentence == (
        f"waits for its turn: {len(held)} steps of the run are held back for pool 'toy', and each "
        "that ends lets the next one go"
    )
    gate.touch()
    assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    assert len(toy.diary(run, "end")) == WINDOW + 31


def test_what_waits_for_the_first_of_a_crowd_does_not_wait_for_the_others(
    alone: Installation,
) -> None:
    parts = [step | {"after": []} for step in chain(8 * WINDOW, seconds=0.02)]
    first = [step["name"] for step in parts[: 2 * WINDOW]]

    run = alone.succeed([*parts, {"name": "join", "task": "toy.note", "after": first}])

    begun = [entry.step for entry in alone.diary(run, "start")]
    assert begun.index("join") < len(parts) - WINDOW


def test_a_pool_with_idle_processes_is_given_more_of_a_crowd(install: Factory) -> None:
    toy = install()
    toy.start_maintenance()
    retry = {"max_attempts": 2, "backoff": 60}
    fail = {"task": "toy.fail", "inputs": {"times": 1}, "retry": retry}
    crowd = [{"name": f"s{n:02}", **fail} for n in range(WINDOW + 40)]
    run = toy.submit(crowd)
    toy.start_pool()

    # All of the window waits for its next attempt, and ends nothing meanwhile.
    eventually(lambda: len(toy.diary(run, "start")) == len(crowd), within=40)

    toy.coordinator.cancel(run.id, by="a test", reason="enough")
    toy.wait(run)
