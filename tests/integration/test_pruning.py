"""Pruning deletes what ended long ago, whole, and nothing else."""

import datetime as dt
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Priority, RunState, Workflow, clock, compile
from orchestrator.ledger import Ledger, submission
from orchestrator.ledger.side_tables import deliveries, metadata, signals, waits
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.tables import definitions, runs, steps
from orchestrator.ledger.tables import events as log
from orchestrator.ledger.upkeep import pruning
from orchestrator.ledger.upkeep.pruning import Policy, Pruned
from tests.integration.installation import Factory
from tests.waiting import eventually

DAY = 86400.0
POLICY = Policy(succeeded=30 * DAY, failed=90 * DAY)


def workflow(name: str = "shop") -> Workflow:
    named = [{"name": letter, "task": "toy.note"} for letter in "ab"]
    return Workflow.model_validate({"name": name, "steps": named})


def submit(ledger: Ledger, shape: Workflow | None = None, parent: str | None = None) -> str:
    shape = shape or workflow()
    asked = Submission(shape, compile(shape), {}, Priority.NORMAL, None)
    with ledger.write() as connection:
        run_id, _ = submission.insert(connection, asked)
        change = sa.update(runs).where(runs.c.id == run_id)
        connection.execute(change.values(parent_run=parent, parent_step=parent and "a"))
    return run_id


def end(ledger: Ledger, run_id: str, state: RunState, *, days: float) -> str:
    """Let a run have ended so many days ago."""
    ended_at = clock.now() - dt.timedelta(days=days)
    with ledger.write() as connection:
        change = sa.update(runs).where(runs.c.id == run_id)
        connection.execute(change.values(state=state, ended_at=ended_at))
    return run_id


def old(ledger: Ledger, shape: Workflow | None = None, parent: str | None = None) -> str:
    return end(ledger, submit(ledger, shape, parent), RunState.SUCCEEDED, days=31)


def ids(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return set(connection.execute(sa.select(runs.c.id)).scalars())


def rows(ledger: Ledger, *tables: sa.Table) -> int:
    with ledger.read() as connection:
        counts = [sa.select(sa.func.count()).select_from(table) for table in tables]
        return sum(connection.execute(count).scalar_one() for count in counts)


def prune(ledger: Ledger, policy: Policy = POLICY, **options: Any) -> Pruned:
    return pruning.prune(ledger, policy, by="ann", **options)


def test_runs_are_kept_as_long_as_their_end_asks(ledger: Ledger) -> None:
    ends = [
        (RunState.SUCCEEDED, 29),
        (RunState.SUCCEEDED, 31),
        (RunState.FAILED, 89),
        (RunState.FAILED, 91),
        (RunState.CANCELLED, 89),
        (RunState.CANCELLED, 91),
    ]
    made = [end(ledger, submit(ledger), state, days=days) for state, days in ends]

    assert pruning.count(ledger, POLICY) == 3
    assert prune(ledger).runs == 3
    assert ids(ledger) == {made[0], made[2], made[4]}


def test_a_live_run_is_never_deleted(ledger: Ledger) -> None:
    live = [submit(ledger) for _ in range(3)]
    with ledger.write() as connection:
        ages_ago = clock.now() - dt.timedelta(days=4000)
        connection.execute(sa.update(runs).values(submitted_at=ages_ago))
        states = zip(live, ("pending", "running", "paused"), strict=True)
        for run_id, state in states:
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(state=state))

    assert prune(ledger, Policy(succeeded=0.0, failed=0.0)).runs == 0
    assert ids(ledger) == set(live)


def test_what_is_kept_for_ever_stays(ledger: Ledger) -> None:
    ends = [(RunState.SUCCEEDED, 4000), (RunState.FAILED, 4000)]
    made = {end(ledger, submit(ledger), state, days=days) for state, days in ends}

    assert prune(ledger, Policy(succeeded=None, failed=None)).runs == 0
    assert ids(ledger) == made


def test_all_that_belongs_to_a_run_goes_with_it_and_nothing_of_another(ledger: Ledger) -> None:
    gone, kept = old(ledger), submit(ledger)
    for run_id in (gone, kept):
        furnish(ledger, run_id)
    before = rows(ledger, steps, waits, signals, deliveries)

    prune(ledger)

    assert rows(ledger, steps, waits, signals, deliveries) == before / 2
    for table in (steps, waits, signals):
        assert owners(ledger, table) == {kept}
    assert owners(ledger, log) == {kept, ""}  # and the event that tells of the pruning


def furnish(ledger: Ledger, run_id: str) -> None:
    """Give a run a wait, a signal and a delivered event."""
    now = clock.now()
    wait = {"step": "a", "kind": "signal", "name": "paid", "inputs": "{}", "escalations": 0}
    signal = {"id": run_id, "name": "paid", "answer": "1", "by": "ann", "at": now}
    with ledger.write() as connection:
        connection.execute(sa.insert(waits).values(run_id=run_id, opened_at=now, **wait))
        connection.execute(sa.insert(signals).values(run_id=run_id, **signal))
        event = sa.select(log.c.id).where(log.c.run_id == run_id)
        delivery = {"webhook_id": "hook", "attempts": 1}
        for number in connection.execute(event).scalars().all():
            connection.execute(sa.insert(deliveries).values(event_id=number, **delivery))


def owners(ledger: Ledger, table: sa.Table) -> set[str]:
    with ledger.read() as connection:
        return set(connection.execute(sa.select(table.c.run_id)).scalars())


def test_children_go_with_their_parent_and_not_before(ledger: Ledger) -> None:
    kept = submit(ledger)
    young = old(ledger, parent=kept)
    parent = old(ledger)
    child = end(ledger, submit(ledger, parent=parent), RunState.FAILED, days=31)
    old(ledger, parent=child)

    assert prune(ledger).runs == 3
    assert ids(ledger) == {kept, young}


def test_a_family_in_which_one_is_live_stays_together(ledger: Ledger) -> None:
    parent = old(ledger)
    child = old(ledger, parent=parent)
    live = submit(ledger, parent=child)

    assert prune(ledger).runs == 0
    assert ids(ledger) == {parent, child, live}


@pytest.mark.parametrize(("name", "size"), [("BATCH_RUNS", 2), ("BATCH_STEPS", 4)])
def test_many_are_deleted_in_batches(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    monkeypatch.setattr(pruning, name, size)
    for _ in range(7):
        old(ledger)

    assert prune(ledger, most=3).runs == 4
    assert prune(ledger).runs == 3


def test_two_that_prune_at_once_delete_each_run_once(ledger: Ledger, ledger_url: str) -> None:
    for number in range(30):
        old(ledger, workflow(f"shop{number}"))
    together = threading.Barrier(4)

    def race() -> Pruned:
        own = Ledger(ledger_url)
        together.wait()
        pruned = prune(own)
        own.close()
        return pruned

    with ThreadPoolExecutor(4) as threads:
        found = [future.result() for future in [threads.submit(race) for _ in range(4)]]

    assert sum(pruned.runs for pruned in found) == 30
    assert ids(ledger) == set()
    assert rows(ledger, steps) == 0


def versions(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return set(connection.execute(sa.select(definitions.c.version)).scalars())


def make_definitions_old(ledger: Ledger) -> None:
    with ledger.write() as connection:
        past = clock.now() - dt.timedelta(days=2)
        connection.execute(sa.update(definitions).values(created_at=past))


def test_definitions_go_when_no_run_uses_them_or_may_begin_them(ledger: Ledger) -> None:
    used, child, unused = workflow("used"), workflow("child"), workflow("unused")
    keeper = submit(ledger, used)
    old(ledger, child)
    old(ledger, unused)
    with ledger.write() as connection:
        begins = f'{{"child": "{child.version}"}}'
        connection.execute(sa.update(runs).where(runs.c.id == keeper).values(children=begins))
    make_definitions_old(ledger)

    assert prune(ledger) == Pruned(runs=2, definitions=1)
    assert versions(ledger) == {used.version, child.version}


def test_a_young_definition_stays(ledger: Ledger) -> None:
    old(ledger)

    assert prune(ledger) == Pruned(runs=1, definitions=0)


def test_a_definition_that_a_submission_is_about_to_use_stays(ledger: Ledger) -> None:
    old(ledger)
    make_definitions_old(ledger)
    shape = workflow()
    asked = Submission(shape, compile(shape), {}, Priority.NORMAL, None)
    written, finish = threading.Event(), threading.Event()

    def submit_slowly() -> None:
        with ledger.write() as connection:
            submission.insert(connection, asked)
            written.set()
            finish.wait(10)

    producer = threading.Thread(target=submit_slowly)
    producer.start()
    written.wait(10)
    pruner = threading.Thread(target=prune, args=(ledger,))
    pruner.start()
    pruner.join(1.0)  # on PostgreSQL it gives up, on SQLite it waits for its turn
    finish.set()
    producer.join()
    pruner.join()

    assert versions(ledger) == {shape.version}


def test_a_submission_that_waits_while_its_definition_goes_keeps_it_anew(
    ledger: Ledger, ledger_url: str
) -> None:
    producing = Ledger(ledger_url)
    for _ in range(8):  # from some times on, PostgreSQL has the statements of a connection prepared
        old(producing)
    producer = threading.Thread(target=submit, args=(producing,))
    with ledger.write() as connection:
        pruning._hold_back_submissions(connection)
        connection.execute(sa.delete(definitions))

        producer.start()
        producer.join(0.5)
        assert producer.is_alive()
    producer.join()

    assert versions(ledger) == {workflow().version}
    producing.close()


def test_the_log_tells_of_it(ledger: Ledger) -> None:
    old(ledger)

    prune(ledger)

    assert told(ledger) == [("runs.pruned", '{"by": "ann", "runs": 1}')]


def told(ledger: Ledger) -> Iterable[tuple[str, str]]:
    query = sa.select(log.c.name, log.c.detail).where(log.c.run_id == "")
    with ledger.read() as connection:
        return [(row.name, row.detail) for row in connection.execute(query)]


def test_every_table_that_speaks_of_runs_is_pruned() -> None:
    speaking = {table for table in metadata.tables.values() if "run_id" in table.columns}

    assert speaking == {log, waits, signals, steps}


def test_maintenance_prunes_by_the_settings(install: Factory) -> None:
    installed = install(keep_succeeded=7 * DAY)
    gone = end(installed.ledger, submit(installed.ledger), RunState.SUCCEEDED, days=8)
    kept = end(installed.ledger, submit(installed.ledger), RunState.FAILED, days=8)

    installed.start_maintenance()

    eventually(lambda: gone not in ids(installed.ledger))
    assert ids(installed.ledger) == {kept}
