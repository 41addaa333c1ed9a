"""The verbs while the broker is away, workers are down and maintenance runs twice: once each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from orchestrator import Coordinator, Priority, Run, RunState, StepState
from tests.integration.installation import Factory, Installation
from tests.integration.toy_steps import fails, hold, note, starts
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

WHO: dict[str, Any] = {"by": "a test", "reason": "to see"}

FAILING = [note("a"), fails("b", "a"), note("c", "b")]


@pytest.fixture
def toy(install: Factory) -> Installation:
    """A pool of two processes and two maintenances, to be broken."""
    made = install()
    made.start_pool()
    made.start_maintenance()
    made.start_maintenance()
    return made


@contextmanager
def without_broker(toy: Installation) -> Iterator[None]:
    port = toy.server.port
    toy.server.process.kill()
    toy.server.stop()
    try:
        yield
    finally:
        toy.server.start(port=port)


def test_failed_runs_go_on_when_the_broker_is_back(toy: Installation) -> None:
    retried, skipped, redone = (toy.submit(FAILING) for _ in range(3))
    for run in (retried, skipped, redone):
        toy.wait(run)

    with without_broker(toy):
        assert toy.coordinator.retry(retried.id, **WHO)
        assert toy.coordinator.skip(skipped.id, "b", **WHO)
        assert toy.coordinator.retry(redone.id, ["a"], onwards=True, **WHO)
        for run in (retried, skipped, redone):
            assert not toy.coordinator.retry(run.id)

    for run, order in (
        (retried, ["a", "b", "b", "c"]),
        (skipped, ["a", "b", "c"]),
        (redone, ["a", "b", "a", "b", "c"]),
    ):
        assert toy.wait(run, within=40).state is RunState.SUCCEEDED
        assert starts(toy, run) == order
        assert _once(toy, run, "run.retried")


def test_a_run_is_paused_and_resumed_while_the_broker_is_away(toy: Installation) -> None:
    run = toy.submit([hold(toy, "outage"), note("b", "holds")])
    toy.until_started(run, "holds")

    with without_broker(toy):
        assert toy.coordinator.pause(run.id, **WHO)
        assert not toy.coordinator.pause(run.id, **WHO)
    toy.gate("outage").touch()
    eventually(lambda: toy.steps(run)["holds"].state is StepState.SUCCEEDED, within=30)
    with without_broker(toy):
        assert toy.coordinator.resume(run.id, **WHO)
        assert not toy.coordinator.resume(run.id, **WHO)

    assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["holds", "b"]
    assert _once(toy, run, "run.paused")
    assert _once(toy, run, "run.resumed")


def test_a_run_is_stopped_and_raised_while_the_broker_is_away(toy: Installation) -> None:
    held = toy.submit([hold(toy, "stopped"), note("b", "holds")])
    toy.until_started(held, "holds")
    raised = toy.submit([hold(toy, "raised"), note("b", "holds")])
    toy.until_started(raised, "holds")

    with without_broker(toy):
        assert toy.coordinator.cancel(held.id, stop=True, **WHO)
        assert toy.coordinator.reprioritize(raised.id, Priority.HIGH, **WHO)
        assert not toy.coordinator.reprioritize(raised.id, Priority.HIGH, **WHO)

    assert toy.wait(held, within=40).state is RunState.CANCELLED
    toy.gate("raised").touch()
    assert toy.wait(raised, within=40).state is RunState.SUCCEEDED
    assert toy.steps(raised)["b"].priority is Priority.HIGH
    assert starts(toy, raised) == ["holds", "b"]


def test_a_verb_needs_no_worker(install: Factory) -> None:
    toy = install()
    run = toy.submit([note("a"), note("b", "a")])

    assert toy.coordinator.skip(run.id, "a", **WHO)
    assert toy.coordinator.pause(run.id, **WHO)
    assert toy.coordinator.resume(run.id, **WHO)
    toy.start_pool()
    toy.start_maintenance()

    assert toy.wait(run, within=40).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["b"]


def test_two_who_do_the_same_at_once_do_it_once(toy: Installation) -> None:
    run = toy.run(FAILING)
    others = [Coordinator(toy.settings) for _ in range(4)]

    with ThreadPoolExecutor(len(others)) as pool:
        done = list(pool.map(lambda other: other.retry(run.id, **WHO), others))

    assert sorted(done) == [False, False, False, True]
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["a", "b", "b", "c"]
    for other in others:
        other.ledger.close()


def _once(toy: Installation, run: Run, name: str) -> bool:
    return [event.name for _, event in toy.coordinator.events(run.id)].count(name) == 1
