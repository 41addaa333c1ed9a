"""Random moves of many workers in a session: whatever they do, its mode is kept, and all ends."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Priority, StepState
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.verbs import paused_runs
from orchestrator.states import ExecutionMode, RunState
from tests.integration.book import step
from tests.integration.group import DONE, Group

TRIES_AGAIN = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=3600)
MOVES = 120


class Wanderer:
    """Makes moves by chance in a session of four runs."""

    def __init__(self, group: Group, chance: Random) -> None:
        self.group = group
        self.chance = chance
        self.held: dict[str, Claim] = {}
        self.paused: set[str] = set()
        self.run_ids = [self._submit(number) for number in range(4)]

    def _submit(self, number: int) -> str:
        names = [f"r{number}s{place}" for place in range(self.chance.randint(1, 6))]
        definition = [
            step(name, *self.chance.sample(names[:place], self.chance.randint(0, min(place, 2))))
            for place, name in enumerate(names)
        ]
        return self.group.submit(*definition, priority=self.chance.choice(list(Priority)))

    def move(self) -> None:
        """Make any move."""
        self.chance.choice((self.admit, self.admit, self.take, self.take, self.finish))()
        if self.chance.random() < 0.2:
            self.chance.choice((self.try_again, self.wake, self.pause, self.resume))()

    def go_on(self) -> None:
        """Make the moves that bring the runs to their ends."""
        for move in (self.resume, self.wake, self.admit, self.take, self.finish):
            move()

    def admit(self) -> None:
        self.group.admit()

    def take(self) -> None:
        found = self.rows(lambda row: row.state == StepState.QUEUED and row.run not in self.paused)
        if found and len(self.held) < 3:
            row = self.chance.choice(found)
            self.held[row.name] = self.group.take(row.name, row.attempts + 1)

    def finish(self, outcome: Outcome = DONE) -> None:
        if self.held:
            name = self.chance.choice(sorted(self.held))
            self.group.record(self.held.pop(name), outcome)

    def try_again(self) -> None:
        self.finish(TRIES_AGAIN)

    def wake(self) -> None:
        for row in self.rows(lambda row: row.state == StepState.WAITING):
            self.group.wake(row.name)

    def pause(self) -> None:
        run = self.chance.choice(self.run_ids)
        if self.run_state(run) not in (RunState.SUCCEEDED, RunState.PAUSED):
            paused_runs.pause(self.group.ledger, run, by="a test", reason="chance")
            self.paused.add(run)

    def resume(self) -> None:
        for run in sorted(self.paused):
            paused_runs.resume(self.group.ledger, run, by="a test", reason="chance")
        self.paused.clear()

    def run_state(self, run: str) -> str:
        query = sa.select(runs.c.state).where(runs.c.id == run)
        with self.group.ledger.read() as connection:
            return str(connection.execute(query).scalar_one())

    def rows(self, which: Callable[[Any], bool]) -> list[Any]:
        query = sa.select(
            steps.c.run_id.label("run"),
            steps.c.name,
            steps.c.state,
            steps.c.attempts,
            steps.c.priority,
        ).order_by(steps.c.name)
        with self.group.ledger.read() as connection:
            return [row for row in connection.execute(query) if which(row)]

    def begun(self) -> list[Any]:
        """Return the steps that were let start and have not ended."""

        def counts(row: Any) -> bool:
            if row.state == StepState.QUEUED:
                return row.run not in self.paused  # it has to be admitted again
            return row.state in (StepState.RUNNING, StepState.WAITING)

        return self.rows(counts)


def _one_at_a_time(wanderer: Wanderer) -> None:
    assert len(wanderer.begun()) <= 1


def _level_by_level(wanderer: Wanderer) -> None:
    """Check what holds after an admission: what is queued is of the most urgent level there is."""
    wanderer.admit()
    could = wanderer.rows(lambda row: row.state == StepState.READY)
    levels = [row.priority for row in could if row.run not in wanderer.paused]
    levels += [row.priority for row in wanderer.begun()]
    for row in wanderer.begun():
        assert row.state != StepState.QUEUED or row.priority == min(levels)


def _no_more_than_processes(wanderer: Wanderer) -> None:
    assert len([row for row in wanderer.begun() if row.state != StepState.WAITING]) <= 2


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        (ExecutionMode.SEQUENTIAL, _one_at_a_time),
        (ExecutionMode.PRIORITY, _level_by_level),
        (ExecutionMode.RESOURCE_AWARE, _no_more_than_processes),
    ],
)
def test_a_session_keeps_its_mode_and_comes_to_its_end(
    ledger_url: str, mode: ExecutionMode, kept: Callable[[Wanderer], None], seed: int
) -> None:
    group = Group(ledger_url, mode)
    group.register("w1", "w2")
    wanderer = Wanderer(group, Random(seed))

    for _ in range(MOVES):
        wanderer.move()
        kept(wanderer)
    for _ in range(MOVES):
        wanderer.go_on()
        kept(wanderer)

    assert {wanderer.run_state(run) for run in wanderer.run_ids} == {RunState.SUCCEEDED}
    group.ledger.close()
