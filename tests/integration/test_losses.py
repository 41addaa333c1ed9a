"""Whatever is killed, restarted or emptied, the run still ends, within seconds."""

import os
import signal
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger.tables import steps, workers
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(90)


def hold(toy: Installation, gate: str, name: str = "holds", *after: str) -> dict[str, Any]:
    until = {"until": str(toy.gate(gate))}
    return {"name": name, "task": "toy.hold", "inputs": until, "after": after}


def note(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after}


def started(install: Factory, pools: int = 1, **settings: Any) -> Installation:
    toy = install(**settings)
    for _ in range(pools):
        toy.start_pool()
    toy.start_maintenance()
    return toy


def test_a_step_whose_process_was_killed_is_tried_again_at_once(install_embedded: Factory) -> None:
    toy = install_embedded(lease_seconds=60.0)  # nobody waits for it to end
    toy.start_pool()  # without maintenance: Celery itself delivers the message again
    run = toy.submit([hold(toy, "killed"), note("after", "holds")])
    first = toy.until_started(run, "holds")

    os.kill(first.pid, signal.SIGKILL)

    toy.until_started(run, "holds", attempt=2)
    toy.gate("killed").touch()
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert toy.steps(run)["holds"].attempts == 2


def test_a_step_that_ends_its_workers_is_given_up(toy: Installation) -> None:
    run = toy.run([{"name": "poison", "task": "toy.die"}])

    assert run.state is RunState.FAILED
    assert run.error == (
        "step 'poison' failed: WorkersLost: step 'poison' lost its worker 3 times: "
        "it may be what ends them"
    )
    assert [entry.attempt for entry in toy.diary(run, "start")] == [1, 2, 3]
    toy.succeed([note("next")])


def test_a_lost_worker_is_no_failure_of_the_step(toy: Installation) -> None:
    run = toy.succeed([{"name": "dies", "task": "toy.die", "inputs": {"times": 2}}])

    assert toy.steps(run)["dies"].attempts == 3


def test_when_a_node_dies_another_tries_its_step_again(install_embedded: Factory) -> None:
    toy = started(install_embedded, pools=2)
    run = toy.submit([hold(toy, "node"), note("after", "holds")])
    first = toy.until_started(run, "holds")
    holder = next(pool for pool in toy.pools if _is_child(first.pid, pool.pid))

    toy.kill(holder)

    second = toy.until_started(run, "holds", attempt=2)
    assert second.at - first.at < toy.settings.lease_seconds + 2
    assert not _is_child(first.pid, holder.pid)
    toy.gate("node").touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_a_message_that_died_with_its_node_before_it_was_followed_is_sent_again(
    install_embedded: Factory,
) -> None:
    toy = started(install_embedded)
    node = psutil.Process(toy.pools[0].pid)
    children = node.children()
    for child in children:
        child.suspend()
    run = toy.submit([note("taken")])
    eventually(lambda: toy.redis.hlen("unacked") == 1)

    node.suspend()  # or it would see that its children end, and deliver the message again
    for child in children:
        child.kill()
    toy.kill(toy.pools[0])
    toy.start_pool()

    assert toy.wait(run, within=30).state is RunState.SUCCEEDED


def test_when_the_only_node_dies_its_step_waits_for_the_next(install_embedded: Factory) -> None:
    toy = started(install_embedded)
    run = toy.submit([hold(toy, "only")])
    toy.until_started(run, "holds")
    toy.kill(toy.pools[0])
    eventually(lambda: toy.processes() == 0)

    toy.start_pool()

    toy.until_started(run, "holds", attempt=2)
    toy.gate("only").touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_a_run_ends_though_the_broker_was_emptied(install: Factory) -> None:
    toy = started(install)
    width = 70  # more than a counted join has
    fan = [note(f"s{n}", "holds") for n in range(width)]
    run = toy.submit(
        [
            hold(toy, "flush"),
            note("beside"),
            *fan,
            note("counted", "beside", "holds"),
            note("wide", *(step["name"] for step in fan)),
            note("last", "wide", "counted"),
        ]
    )
    toy.until_started(run, "holds")
    toy.until_started(run, "beside")
    toy.redis.flushall()
    toy.gate("flush").touch()
    eventually(lambda: len(toy.diary(run, "start")) > 20)

    toy.redis.flushall()

    assert toy.wait(run, within=30).state is RunState.SUCCEEDED
    starts = [entry.step for entry in toy.diary(run, "start")]
    assert len(starts) == len(set(starts)) == width + 5


def test_a_run_ends_though_the_broker_was_restarted(install_embedded: Factory) -> None:
    toy = started(install_embedded)
    run = toy.submit([hold(toy, "restart"), *(note(f"s{n}", "holds") for n in range(20))])
    toy.until_started(run, "holds")
    port = toy.server.port
    toy.server.process.kill()
    toy.server.stop()
    toy.gate("restart").touch()
    eventually(lambda: toy.steps(run)["holds"].state is StepState.SUCCEEDED)

    toy.server.start(port=port)

    assert toy.wait(run, within=30).state is RunState.SUCCEEDED
    assert toy.pools[0].poll() is None


def test_a_run_whose_last_step_was_written_by_one_who_did_not_end_it_ends(
    toy: Installation,
) -> None:
    run = toy.submit([hold(toy, "unsettled")])
    toy.until_started(run, "holds")

    with toy.ledger.write() as connection:
        done = sa.update(steps).where(steps.c.run_id == run.id)
        connection.execute(done.values(state=StepState.SUCCEEDED, ended_at=now()))

    assert toy.wait(run).state is RunState.SUCCEEDED
    toy.gate("unsettled").touch()


def test_two_maintenances_do_no_harm(install: Factory) -> None:
    toy = started(install)
    toy.start_maintenance()
    toy.start_maintenance()
    retry = {"max_attempts": 3, "backoff": 0.05}
    flaky = [
        {"name": f"flaky{n}", "task": "toy.fail", "inputs": {"times": 2}, "retry": retry}
        for n in range(20)
    ]

    run = toy.succeed([*flaky, {"name": "dies", "task": "toy.die", "inputs": {"times": 1}}])

    starts = [(entry.step, entry.attempt) for entry in toy.diary(run, "start")]
    assert len(starts) == len(set(starts)) == 3 * 20 + 2


def test_who_was_taken_for_dead_and_finishes_late_changes_nothing(install: Factory) -> None:
    toy = started(install, pools=2)
    run = toy.submit([hold(toy, "late"), note("after", "holds")])
    first = toy.until_started(run, "holds")
    node = next(pool for pool in toy.pools if _is_child(first.pid, pool.pid))
    with toy.ledger.write():  # or it might hold SQLite's write lock for as long as it is stopped
        os.kill(node.pid, signal.SIGSTOP)  # it beats no more, but its process works on
    second = toy.until_started(run, "holds", attempt=2)

    toy.gate("late").touch()

    assert toy.wait(run).state is RunState.SUCCEEDED
    os.kill(node.pid, signal.SIGCONT)
    eventually(lambda: len([e for e in toy.diary(run, "end") if e.step == "holds"]) == 2)
    assert second.pid != first.pid
    finished = [e for _, e in toy.coordinator.events(run.id) if e.name == "step.succeeded"]
    assert sorted((e.step, e.attempt) for e in finished) == [("after", 1), ("holds", 2)]
    assert len([e for e in toy.diary(run, "start") if e.step == "after"]) == 1


def test_workers_that_the_ledger_has_forgotten_enter_again(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    with toy.ledger.write() as connection:
        connection.execute(sa.delete(workers))  # as after an hour without a beat
    toy.start_maintenance()

    run = toy.succeed(
        [
            {"name": "slow", "task": "toy.note", "inputs": {"seconds": 1}},
            note("after", "slow"),
        ]
    )

    assert [step.attempts for step in toy.steps(run).values()] == [1, 1]


def test_a_pool_that_is_asked_to_stop_finishes_its_step(install_embedded: Factory) -> None:
    toy = started(install_embedded)
    run = toy.submit([hold(toy, "warm")])
    toy.until_started(run, "holds")

    toy.pools[0].terminate()
    eventually(lambda: "Warm shutdown" in (toy.folder / "logs" / "pool-0.log").read_text())
    toy.gate("warm").touch()

    assert toy.wait(run).state is RunState.SUCCEEDED
    assert toy.pools[0].wait(timeout=20) == 0
    assert toy.steps(run)["holds"].attempts == 1


def _is_child(pid: int, parent: int) -> bool:
    try:
        return bool(psutil.Process(pid).ppid() == parent)
    except psutil.NoSuchProcess:
        return False
