"""A task that a worker does not know is handed on, or waits for one that does; it is not lost."""

import datetime as dt
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Priority, RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.tables import known_tasks as sets_of_names
from orchestrator.ledger.tables import steps
from orchestrator.ledger.upkeep import known_tasks
from orchestrator.local.process import tail
from orchestrator.maintenance import Maintenance
from tests.integration.installation import Factory, Installation
from tests.integration.wire import published
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(90)

#: The environment of a pool as it was before `toy.note` was written.
OLD = {"ORCHESTRATOR_PACKAGES": "tests.toy_old"}
STEPS = 20


def knowing(ledger: Ledger, *sets: list[str] | None, pool: str = "toy") -> None:
    """Enter a worker for each set of names."""
    for number, names in enumerate(sets):
        name = f"{pool}{number}"
        workers.register(ledger, name, pool=pool, node=name, lease_seconds=60, knows=names)
        with ledger.write() as connection:  # the next one is of this process too, and stays
            connection.execute(sa.update(workers.workers).values(pid=number))


def notes(count: int) -> list[dict[str, Any]]:
    # In turn of each priority: a crowd of steps that are alike would not go at once.
    urgencies = [priority.name.lower() for priority in Priority]
    turns = zip(range(count), cycle(urgencies), strict=False)
    return [{"name": f"s{n}", "task": "toy.note", "priority": each} for n, each in turns]


def test_a_pool_knows_what_one_of_its_living_workers_knows(ledger: Ledger) -> None:
    knowing(ledger, ["toy.add"], ["toy.note", "toy.add"])
    workers.register(ledger, "dead", pool="toy", node="d", lease_seconds=-1, knows=["toy.gone"])

    knowledge = known_tasks.known(ledger)

    assert knowledge.of("toy") == {"toy.add", "toy.note"}
    assert not knowledge.may_start("toy", "toy.gone")


def test_of_a_pool_without_workers_or_with_an_old_one_anything_is_expected(ledger: Ledger) -> None:
    knowing(ledger, ["toy.add"], None)

    knowledge = known_tasks.known(ledger)

    assert knowledge.may_start("toy", "toy.note")
    assert knowledge.may_start("away", "away.note")


def test_the_same_names_are_stored_once(ledger: Ledger) -> None:
    knowing(ledger, ["toy.b", "toy.a"], ["toy.a", "toy.b"])

    with ledger.read() as connection:
        assert connection.execute(sa.select(sa.func.count(sets_of_names.c.names))).scalar() == 1


def test_while_new_code_is_deployed_no_step_is_lost_or_done_by_the_old(install: Factory) -> None:
    toy = install(sweep_seconds=30.0)  # no repair helps
    toy.start_pool(concurrency=2, **OLD)
    toy.start_pool(concurrency=2)
    toy.start_maintenance()
    begun = now()
    eventually(lambda: have_beaten(toy, since=begun))

    run = toy.succeed(notes(STEPS), within=20)

    assert run.ended_at is not None
    assert run.ended_at - run.submitted_at < dt.timedelta(seconds=8)  # 1.0 to 1.4 s, measured
    assert sorted(entry.step for entry in toy.diary(run, "start")) == sorted(toy.steps(run))


def test_a_step_that_nobody_knows_waits_and_is_not_sent_again_and_again(install: Factory) -> None:
    toy = install()
    toy.start_pool(**OLD)
    run = toy.submit(notes(STEPS))
    eventually(lambda: waits_for_a_worker(toy))

    with published(toy) as messages:
        make_old(toy)
        maintenance = Maintenance(toy.settings)
        for _ in range(3):
            maintenance.sweep()
        maintenance._ledger.close()

    assert messages == []
    assert {step.state for step in toy.steps(run).values()} == {StepState.QUEUED}
    toy.start_pool()
    toy.start_maintenance()
    assert toy.wait(run, within=10).state is RunState.SUCCEEDED  # 1.3 to 4.2 s, measured


def waits_for_a_worker(toy: Installation) -> bool:
    """Say whether the old pool has looked at every message, and dropped it."""
    said = tail(toy.folder / "logs" / "pool-0.log", 10_000)
    return said.count("no worker of pool 'toy' knows task 'toy.note'") == STEPS


def have_beaten(toy: Installation, *, since: dt.datetime) -> bool:
    """Say whether every worker has heard of the others."""
    beaten = since + dt.timedelta(seconds=toy.settings.lease_seconds + toy.settings.beat_seconds)
    late = sa.select(workers.workers.c.id).where(workers.workers.c.lease_until < beaten)
    with toy.ledger.read() as connection:
        return connection.execute(late).first() is None


def make_old(toy: Installation) -> None:
    """Let the queued steps have been queued a minute ago."""
    with toy.ledger.write() as connection:
        ago = now() - dt.timedelta(seconds=60)
        connection.execute(sa.update(steps).values(queued_at=ago, ready_at=ago))
