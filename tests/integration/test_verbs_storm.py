"""Verbs at random, by several operators at once, while workers and two maintenances work."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from orchestrator import Coordinator, Priority, Run, RunFilter, RunState, StepState
from orchestrator.errors import LostRace, Refused
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.log import verification
from tests.integration.installation import Factory, Installation
from tests.integration.toy_steps import fails, note

RUNS = 12
OPERATORS = 3
VERBS = 40

DONE = (StepState.SUCCEEDED, StepState.SKIPPED)

STEPS = [
    note("a"),
    note("b", "a"),
    fails("c", "a"),
    {"name": "m", "task": "toy.note", "after": ["b"], "map": {"over": [1, 2, 3, 4, 5], "limit": 2}},
    note("d", "b", "c"),
    {"name": "n", "task": "toy.note", "after": ["a", "c"], "join": "any"},
    note("e", "d", "m", "n"),
]


def operate(coordinator: Coordinator, runs: list[Run], seed: int, stop: threading.Event) -> None:
    """Do what an operator may do, at random; what is refused is refused with a sentence."""
    rng = Random(seed)
    verbs: list[Any] = [
        coordinator.pause,
        coordinator.resume,
        coordinator.resume,
        coordinator.retry,
        coordinator.retry,
        lambda run: coordinator.retry(run, [rng.choice("abcden")], onwards=rng.random() < 0.5),
        lambda run: coordinator.skip(run, rng.choice("bcdmn"), reason="at random"),
        lambda run: coordinator.cancel(run, stop=rng.random() < 0.5),
        lambda run: coordinator.reprioritize(run, Priority(rng.randrange(5))),
    ]
    for _ in range(VERBS):
        if stop.wait(rng.random() * 0.1):
            return
        try:
            rng.choice(verbs)(rng.choice(runs).id)
        except (Refused, LostRace):
            continue


@pytest.mark.timeout(120)
def test_every_run_can_be_brought_to_its_end_and_is_what_its_events_say(
    install: Factory,
) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    toy.start_maintenance()
    runs = [toy.submit(STEPS, name="storm") for _ in range(RUNS)]
    operators = [Coordinator(toy.settings) for _ in range(OPERATORS)]

    stop = threading.Event()
    with ThreadPoolExecutor(OPERATORS) as pool:
        at_work = [
            pool.submit(operate, operator, runs, seed, stop)
            for seed, operator in enumerate(operators)
        ]
    for done in at_work:
        done.result()

    _bring_to_end(toy, runs)
    plans = Plans(toy.ledger)
    for run in runs:
        assert verification.verify(toy.ledger, run.id, plans) is None
    for operator in operators:
        operator.ledger.close()


def _bring_to_end(toy: Installation, runs: list[Run]) -> None:
    """Resume and retry until all have succeeded; the steps that fail do so once."""
    wanted = RunFilter(workflow="storm")
    for _ in range(4):
        toy.coordinator.resume_all(wanted)
        for run in runs:
            toy.wait(run, within=40)
        toy.coordinator.retry_all(wanted)
    for run in runs:
        state = toy.wait(run, within=40).state
        # One that was cancelled while its last step was done has nothing left to try again.
        left = {step.state for step in toy.steps(run).values()} - {*DONE}
        assert state is RunState.SUCCEEDED or (state is RunState.CANCELLED and not left)
