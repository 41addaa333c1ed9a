"""A run exists once, and if and only if its transaction commits; then it begins."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import Coordinator, DAGValidationError, RunState, StepState, Workflow
from orchestrator.errors import IdempotencyConflict, InvalidInput, RunNotFound, UnknownTask
from orchestrator.ledger.tables import runs, steps
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

ONE = Workflow.model_validate(
    {
        "name": "one",
        "steps": [{"name": "add", "task": "toy.add", "inputs": {"a": "$input.a", "b": "$input.b"}}],
    }
)
INPUT = {"a": 1, "b": 2}

#: A producer that commits and is gone before it can publish.
DIES_AFTER_COMMIT = """
import os, sys
import sqlalchemy as sa
from sqlalchemy.orm import Session
from orchestrator import Coordinator
from tests.integration.test_submission import INPUT, ONE
coordinator = Coordinator()
with Session(coordinator.ledger.engine) as session:
    sa.event.listen(session, "after_commit", lambda _: os._exit(9))
    run = coordinator.submit(ONE, INPUT, session=session, idempotency_key=sys.argv[1])
    session.commit()
"""


def count(toy: Installation, table: sa.Table) -> int:
    with toy.ledger.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def submit(toy: Installation, **options: Any) -> Any:
    return toy.coordinator.submit(ONE, INPUT, **options)


@pytest.fixture
def session(toy: Installation) -> Any:
    """A producer's own session, on an engine of its own."""
    engine = sa.create_engine(toy.ledger.engine.url)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def test_a_used_key_gives_the_run_it_made(toy: Installation) -> None:
    before = count(toy, runs)
    first = submit(toy, idempotency_key="order-1")
    toy.wait(first)

    assert submit(toy, idempotency_key="order-1").id == first.id
    assert count(toy, runs) == before + 1


def test_a_used_key_with_another_input_is_refused(toy: Installation) -> None:
    first = submit(toy, idempotency_key="order-2")

    with pytest.raises(IdempotencyConflict, match=f"'order-2' made run {first.id}"):
        toy.coordinator.submit(ONE, {"a": 1, "b": 3}, idempotency_key="order-2")


def test_a_key_that_no_ledger_can_keep_is_refused(toy: Installation) -> None:
    with pytest.raises(InvalidInput, match="has 201 characters, and 200 are allowed"):
        submit(toy, idempotency_key="k" * 201)
    for odd in ("nul \0", "half a character \ud83d"):
        with pytest.raises(InvalidInput, match="no ledger can keep"):
            submit(toy, idempotency_key=odd)


def test_eight_submissions_of_one_key_at_once_make_one_run(toy: Installation) -> None:
    before = count(toy, runs)
    coordinators = [Coordinator(toy.settings, toy.coordinator.application) for _ in range(4)]

    with ThreadPoolExecutor(8) as threads:
        ids = threads.map(
            lambda n: coordinators[n % 4].submit(ONE, INPUT, idempotency_key="order-3").id,
            range(8),
        )
        made = set(ids)

    for coordinator in coordinators:
        coordinator.ledger.close()
    assert len(made) == 1
    assert count(toy, runs) == before + 1
    assert toy.coordinator.wait(made.pop(), timeout=20).state is RunState.SUCCEEDED


def test_with_the_producers_session_a_run_begins_when_it_commits(
    toy: Installation, session: Session
) -> None:
    run = submit(toy, session=session)
    with pytest.raises(RunNotFound):
        toy.coordinator.run(run.id)

    session.commit()

    assert toy.wait(run, within=5).state is RunState.SUCCEEDED
    assert toy.coordinator.result(run.id) == 3


def test_when_the_producer_rolls_back_there_is_no_run(toy: Installation, session: Session) -> None:
    before = count(toy, runs), count(toy, steps)
    run = submit(toy, session=session)

    session.rollback()

    assert (count(toy, runs), count(toy, steps)) == before
    with pytest.raises(RunNotFound, match=run.id):
        toy.coordinator.run(run.id)
    session.execute(sa.select(1))
    session.commit()  # of something else


def test_a_key_that_was_rolled_back_is_free(toy: Installation, session: Session) -> None:
    submit(toy, session=session, idempotency_key="order-4")
    session.rollback()

    run = submit(toy, idempotency_key="order-4")

    assert toy.wait(run).state is RunState.SUCCEEDED


def test_a_run_of_a_savepoint_begins_with_the_commit_of_its_transaction(
    install: Factory,
) -> None:
    toy = install()  # without maintenance: the producer itself publishes
    with Session(toy.ledger.engine) as opened:
        with opened.begin_nested():
            kept = submit(toy, session=opened)
        nested = opened.begin_nested()
        dropped = submit(toy, session=opened)
        nested.rollback()
        assert toy.redis.keys("toy*") == []

        opened.commit()

    assert toy.steps(kept)["add"].state is StepState.QUEUED
    assert toy.steps(dropped) == {}
    assert [toy.redis.llen(key) for key in toy.redis.keys("toy*")] == [1]


def test_a_run_whose_producer_died_after_its_commit_begins_all_the_same(toy: Installation) -> None:
    key = "order-5"

    died = subprocess.run(
        [sys.executable, "-c", DIES_AFTER_COMMIT, key], env=toy.environment(), check=False
    )

    assert died.returncode == 9
    run = submit(toy, idempotency_key=key)
    assert toy.wait(run, within=10).state is RunState.SUCCEEDED


def test_without_a_broker_a_run_is_written_and_begins_later(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    port = toy.server.port
    toy.server.stop()

    run = submit(toy)

    assert run.state is RunState.PENDING
    assert toy.steps(run)["add"].state is StepState.READY
    toy.server.start(port=port)
    assert toy.wait(run, within=30).state is RunState.SUCCEEDED


def test_a_wrong_input_is_refused_with_every_sentence_and_nothing_is_written(
    toy: Installation,
) -> None:
    before = count(toy, runs)
    adds = [
        {"name": f"add_{name}", "task": "toy.add", "inputs": {"a": f"$input.{name}"}}
        for name in "ab"
    ]

    with pytest.raises(InvalidInput) as refused:
        toy.submit(adds, run_input={"a": "many", "c": 1})

    said = str(refused.value)
    assert "'b' is missing" in said
    assert "no step takes 'c'" in said
    assert "'a' is 'many'" in said
    assert count(toy, runs) == before


def test_a_wrong_workflow_is_refused_with_every_sentence_and_nothing_is_written(
    toy: Installation,
) -> None:
    before = count(toy, runs)
    wrong = [
        {"name": "add", "task": "toy.ad", "after": ["nobody"]},
        {"name": "sum", "task": "toy.add", "inputs": {"a": "text"}},
    ]

    with pytest.raises(DAGValidationError) as refused:
        toy.submit(wrong)

    assert len(refused.value.problems) >= 3
    assert count(toy, runs) == before


def test_a_task_can_be_submitted_alone(toy: Installation) -> None:
    task_id = toy.coordinator.submit_task("toy.add", {"a": 3, "b": 4})

    toy.coordinator.wait(task_id, timeout=20)

    assert toy.coordinator.get_task_status(task_id) is StepState.SUCCEEDED
    assert toy.coordinator.result(task_id) == 7
    assert not toy.coordinator.cancel_task(task_id)


def test_a_task_nobody_defines_is_refused_with_the_nearest_name(toy: Installation) -> None:
    with pytest.raises(UnknownTask, match=r"did you mean 'toy\.add'"):
        toy.coordinator.submit_task("toy.ad", {"a": 3})
    with pytest.raises(UnknownTask, match="'nonsense'"):
        toy.coordinator.submit_task("nonsense")


def test_a_cancelled_task_that_waits_never_runs(toy: Installation) -> None:
    retry = {"max_attempts": 2, "backoff": 30}
    task_id = toy.coordinator.submit_task("toy.fail", {"times": 1}, retry=retry)  # type: ignore[arg-type]  # validated
    status = toy.coordinator.get_task_status
    eventually(lambda: status(task_id) is StepState.WAITING)

    assert toy.coordinator.cancel_task(task_id)

    assert status(task_id) is StepState.CANCELLED
    assert toy.coordinator.run(task_id).state is RunState.CANCELLED


def test_a_cancelled_run_lets_what_runs_finish_and_starts_nothing_else(toy: Installation) -> None:
    gate = toy.gate("cancel")
    held = {"name": "holds", "task": "toy.hold", "inputs": {"until": str(gate)}}
    run = toy.submit(
        [held, {"name": "after", "task": "toy.note", "after": ["holds"]}], name="cancelled"
    )
    toy.until_started(run, "holds")

    assert toy.coordinator.cancel(run.id, reason="the customer called")

    states = {name: step.state for name, step in toy.steps(run).items()}
    assert states == {"holds": StepState.RUNNING, "after": StepState.CANCELLED}
    gate.touch()
    ended = toy.wait(run)
    assert ended.state is RunState.CANCELLED
    assert toy.steps(run)["holds"].state is StepState.SUCCEEDED
    assert toy.steps(run)["after"].reason == "the customer called"
    assert {entry.step for entry in toy.diary(run)} == {"holds"}


def test_cancelling_an_unknown_run_says_so(toy: Installation) -> None:
    with pytest.raises(RunNotFound, match="no run has the id 'nobody'"):
        toy.coordinator.cancel("nobody")


def test_many_runs_begin_at_once_each_with_its_input(toy: Installation) -> None:
    inputs = [{"a": number, "b": 1} for number in range(5)]

    ids = toy.coordinator.submit_many(ONE, inputs)

    ended = [toy.coordinator.wait(run_id, timeout=20) for run_id in ids]
    assert [run.input["a"] for run in ended] == [0, 1, 2, 3, 4]
    results = [toy.coordinator.steps(run_id)[0].result for run_id in ids]
    assert results == [1, 2, 3, 4, 5]


def test_of_many_those_with_a_used_key_are_the_runs_it_made(toy: Installation) -> None:
    before = submit(toy, idempotency_key="twice")

    ids = toy.coordinator.submit_many(ONE, [INPUT] * 3, idempotency_keys=["new", "twice", "new"])

    assert ids[1] == before.id
    assert ids[0] == ids[2] != before.id
    assert toy.coordinator.wait(ids[0], timeout=20).state is RunState.SUCCEEDED


def test_many_with_a_wrong_input_among_them_write_nothing(toy: Installation) -> None:
    before = count(toy, runs)

    with pytest.raises(InvalidInput):
        toy.coordinator.submit_many(ONE, [INPUT, {"a": "one"}])
    with pytest.raises(ValueError, match="shorter than"):
        toy.coordinator.submit_many(ONE, [INPUT, INPUT], idempotency_keys=["k"])

    assert count(toy, runs) == before


def test_none_at_all_are_many_too(toy: Installation) -> None:
    assert toy.coordinator.submit_many(ONE, []) == []


def test_many_runs_of_a_session_that_holds_them_back_go_one_by_one(toy: Installation) -> None:
    session = toy.coordinator.create_session("many", mode="sequential")

    ids = toy.coordinator.submit_many(ONE, [INPUT] * 3, session_id=session.id)

    assert [toy.coordinator.wait(run_id, timeout=20).state for run_id in ids] == (
        [RunState.SUCCEEDED] * 3
    )
