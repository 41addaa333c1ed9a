"""Runs that real pools work on, and people interfere with, are what their events tell."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest
import sqlalchemy as sa

from orchestrator import Application, Coordinator, Priority
from orchestrator.errors import NotWaiting, Refused, StepNotFound
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.log import verification
from orchestrator.ledger.tables import runs as rows
from orchestrator.states import ExecutionMode
from tests.integration.drawn import CHILD, NOTE, workflow
from tests.integration.installation import Installation
from tests.waiting import eventually

RUNS = 6
VERBS = 30

CALLS = [
    NOTE,
    {"task": "toy.note", "inputs": {"seconds": 0.1}},
    {"task": "toy.fail", "inputs": {"times": 1}, "retry": {"max_attempts": 2, "backoff": 0.05}},
    {"task": "toy.fail_for_good"},
    {"task": "toy.warn"},
]


@pytest.fixture
def coordinator(toy: Installation) -> Iterator[Coordinator]:
    """Knows the workflow that is drawn as a child; the pools need not."""
    application = Application.load(toy.settings)
    known = dataclasses.replace(application, workflows={CHILD.name: CHILD})
    made = Coordinator(toy.settings, known)
    yield made
    made.ledger.close()


@pytest.mark.parametrize("seed", range(2))
def test_runs_are_what_their_events_tell_while_they_go_on_and_afterwards(
    coordinator: Coordinator, seed: int
) -> None:
    chance = Random(seed)
    plans = Plans(coordinator.ledger)
    sessions = [coordinator.create_session("replayed", mode).id for mode in ExecutionMode]
    runs = [
        coordinator.submit(workflow(chance, CALLS), session_id=chance.choice([None, *sessions])).id
        for _ in range(RUNS)
    ]

    for _ in range(VERBS):
        interfere(coordinator, chance.choice(runs), chance)
        for run_id in runs:
            assert verification.verify(coordinator.ledger, run_id, plans) is None
    for run_id in runs:
        eventually(lambda run_id=run_id: has_ended(coordinator, run_id), within=40)

    for run_id in [*runs, *children(coordinator, runs)]:
        assert verification.verify(coordinator.ledger, run_id, plans) is None


def children(coordinator: Coordinator, parents: list[str]) -> list[str]:
    query = sa.select(rows.c.id).where(rows.c.parent_run.in_(parents))
    with coordinator.ledger.read() as connection:
        return list(connection.execute(query).scalars())


def interfere(coordinator: Coordinator, run_id: str, chance: Random) -> None:
    """Do something to a run, as somebody might at any moment."""
    step = chance.choice(coordinator.steps(run_id, elements=True)).name
    verbs: list[Callable[[], object]] = [
        lambda: coordinator.pause(run_id),
        lambda: coordinator.resume(run_id),
        lambda: coordinator.resume(run_id),
        lambda: coordinator.signal(run_id, "go", by="a test"),
        lambda: coordinator.retry(run_id),
        lambda: coordinator.retry(run_id, [step], onwards=chance.random() < 0.5),
        lambda: coordinator.skip(run_id, step, reason="seen to"),
        lambda: coordinator.reprioritize(run_id, chance.choice(list(Priority))),
        lambda: coordinator.cancel(run_id, stop=chance.random() < 0.5),
    ]
    with suppress(NotWaiting, Refused, StepNotFound):
        chance.choice(verbs)()


def has_ended(coordinator: Coordinator, run_id: str) -> bool:
    """Give a run what it waits for, and say whether it waits for nothing more."""
    with suppress(NotWaiting, Refused):
        coordinator.resume(run_id, by="a test", reason="go on")
        coordinator.signal(run_id, "go", by="a test")
    return coordinator.run(run_id).state.is_final
