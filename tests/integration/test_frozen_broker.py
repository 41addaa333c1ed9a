"""A broker that hangs: it takes connections, and answers nothing. Nobody waits for it long."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orchestrator import Run, RunState
from orchestrator.ledger.waiting import deadlines
from orchestrator.maintenance import Maintenance
from orchestrator.why.reasons import Cause
from tests.integration.installation import Factory, Installation
from tests.integration.toy_steps import hold, note
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

#: A verb takes no longer, whatever the broker does.
VERB_SECONDS = 8.0


@contextmanager
def frozen(toy: Installation) -> Iterator[None]:
    toy.server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        toy.server.process.send_signal(signal.SIGCONT)


def seconds(verb: Callable[[], object]) -> float:
    began = time.monotonic()
    verb()
    return time.monotonic() - began


def gathers(name: str, **wait_for: Any) -> list[dict[str, Any]]:
    """Return a wait that sets steps free, messages and a chord's part among them."""
    freed = [note(f"{name}{number}", name) for number in range(5)]
    parts = [note("before"), note("join", name, "before")]
    return [{"name": name, "wait_for": wait_for}, *freed, *parts]


def test_verbs_return_while_the_broker_hangs_and_all_ends_well(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    signalled = toy.submit(gathers("told", signal="go"))
    held = toy.submit([hold(toy, "frozen"), note("b", "holds")])
    toy.until_started(held, "holds")
    begun: list[Run] = []

    with frozen(toy):
        took = {
            "submit": seconds(lambda: begun.append(toy.submit([note(n) for n in "abc"]))),
            "signal": seconds(lambda: toy.coordinator.signal(signalled.id, "go", by="ann")),
            "cancel": seconds(lambda: toy.coordinator.cancel(held.id)),
        }
    toy.gate("frozen").touch()

    assert sum(took.values()) < VERB_SECONDS, took
    assert toy.wait(held, within=40).state is RunState.CANCELLED
    for run in (*begun, signalled):
        assert toy.wait(run, within=40).state is RunState.SUCCEEDED


def test_maintenance_waits_once_for_a_broker_that_hangs(install: Factory) -> None:
    toy = install()
    runs = [toy.submit(gathers("short", timer=0.1)) for _ in range(10)]
    maintenance = Maintenance(toy.settings)
    eventually(lambda: len(list(deadlines.due(toy.ledger))) == len(runs))

    with frozen(toy):
        ticked, swept = seconds(maintenance.tick), seconds(maintenance.sweep)
    maintenance.close()

    assert ticked + swept < 2 * VERB_SECONDS
    assert all(toy.steps(run)["short"].state.is_final for run in runs)


def test_why_says_that_the_broker_does_not_answer(install: Factory) -> None:
    toy = install()
    toy.start_pool(concurrency=1)
    held = toy.submit([hold(toy, "why")])
    toy.until_started(held, "holds")
    queued = toy.submit([note("a")])
    answers = toy.coordinator.why(queued.id, "a")

    with frozen(toy):
        took = seconds(lambda: answers.extend(toy.coordinator.why(queued.id, "a")))
    toy.gate("why").touch()

    assert took < VERB_SECONDS
    assert [answer.cause for answer in answers] == [Cause.QUEUE, Cause.BROKER]
    assert answers[1].sentence.startswith("waits until the broker answers")
    toy.wait(queued)
