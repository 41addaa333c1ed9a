"""Several processes that let the steps of one session start at the same moment."""

import multiprocessing
from typing import Any

import sqlalchemy as sa

from orchestrator import StepState
from orchestrator.ledger import Ledger
from orchestrator.ledger.sessions import admission
from orchestrator.ledger.tables import steps
from orchestrator.states import ExecutionMode
from tests.integration.book import step
from tests.integration.group import Group, places

PROCESSES = 4
STEPS = 25
ROUNDS = 8


def test_processes_that_admit_at_once_start_one_step_in_all(ledger_url: str) -> None:
    group = Group(ledger_url, ExecutionMode.SEQUENTIAL)
    for run in range(5):
        group.submit(*(step(f"r{run}s{n}") for n in range(STEPS)))

    found = _at_once(_admit_again_and_again, ledger_url, group.session)

    # Each round begins when the step of the one before has ended: so one is found in each.
    assert [sum(map(len, admitted)) for admitted in zip(*found, strict=True)] == [1] * ROUNDS
    started = [place for process in found for admitted in process for place in admitted]
    assert len(set(started)) == ROUNDS
    group.ledger.close()


def test_processes_that_admit_at_once_start_each_step_once(ledger_url: str) -> None:
    group = Group(ledger_url, ExecutionMode.PRIORITY)
    for run in range(5):
        group.submit(*(step(f"r{run}s{n}") for n in range(STEPS)))

    found = _at_once(_admit_once, ledger_url, group.session)

    started = [place for admitted in found for place in admitted]
    assert len(started) == len(set(started)) == 5 * STEPS
    group.ledger.close()


def _at_once(call: Any, *arguments: Any) -> list[Any]:
    """Make a call in several processes at the same moment; return what each gave."""
    spawning = multiprocessing.get_context("spawn")
    gate, queue = spawning.Barrier(PROCESSES), spawning.Queue()
    processes = [
        spawning.Process(target=call, args=(gate, queue, *arguments)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [queue.get(timeout=50) for _ in processes]
    for process in processes:
        process.join(10)
    return found


def _admit_once(gate: Any, queue: Any, url: str, session: str) -> None:
    ledger = Ledger(url)
    gate.wait(30)
    queue.put(places(admission.admit(ledger, session)))


def _admit_again_and_again(gate: Any, queue: Any, url: str, session: str) -> None:
    ledger = Ledger(url)
    found = []
    for _ in range(ROUNDS):
        gate.wait(30)
        found.append(places(admission.admit(ledger, session)))
        if gate.wait(30) == 0:  # one of them does it, when all have asked
            _end_what_started(ledger)
    queue.put(found)


def _end_what_started(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(
            sa.update(steps)
            .where(steps.c.state == StepState.QUEUED)
            .values(state=StepState.SUCCEEDED)
        )
