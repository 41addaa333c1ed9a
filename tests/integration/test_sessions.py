"""What each mode of a session lets start, by the ledger alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from orchestrator import Priority, StepState
from orchestrator.clock import now
from orchestrator.errors import Refused
from orchestrator.ledger import outbox
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.sessions import admission
from orchestrator.ledger.tables import workers
from orchestrator.ledger.verbs import cancelling, pausing
from orchestrator.states import ExecutionMode, RunState
from tests.integration.book import step
from tests.integration.group import Group

TRIES_AGAIN = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=60)
WAIT = {"name": "ask", "wait_for": {"signal": "go"}}


@pytest.fixture
def group(ledger_url: str) -> Iterator[Callable[[ExecutionMode], Group]]:
    """Make a session of a mode, with a pool of two processes."""
    with ExitStack() as stack:

        def make(mode: ExecutionMode) -> Group:
            made = Group(ledger_url, mode)
            stack.callback(made.ledger.close)
            made.register("w1", "w2")
            return made

        yield make


def test_one_step_at_a_time_goes_through_the_runs_in_their_order(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit(step("a"), step("b", "a"), step("c"), priority=Priority.LOW)
    runs.submit(step("d"), priority=Priority.CRITICAL)
    started = []

    while names := runs.admit():
        assert runs.admit() == []  # before it has ended
        (name,) = names
        started.append(name)
        assert runs.finish(name).session == runs.session

    assert started == ["a", "b", "c", "d"]


def test_a_step_of_a_session_starts_only_when_it_is_admitted(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit(step("a"), step("b"))

    with pytest.raises(AssertionError, match="NOT_ADMITTED"):
        runs.take("a")

    assert runs.admit() == ["a"]
    runs.take("a")


def test_a_step_that_waits_for_its_next_attempt_holds_the_order(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit(step("a"), step("b"))
    runs.admit()

    told = runs.finish("a", TRIES_AGAIN)

    assert told.session == runs.session
    assert runs.admit() == []


def test_a_step_that_rather_follows_another_does_not_hold_it_up(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit({**step("a"), "prefer_after": ["b"]}, step("b"))

    assert runs.admit() == ["b"]

    runs.finish("b")
    assert runs.admit() == ["a"]


def test_a_child_run_goes_on_while_the_step_that_waits_for_it_holds_all_others(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    parent = runs.submit({"name": "p", "workflow": "child"}, step("after", "p"), step("beside"))
    assert runs.admit() == ["p"]
    runs.submit(step("a"), step("b", "a"), parent=(parent, "p"))
    runs.change("p", state=StepState.WAITING, attempts=1)

    assert runs.admit() == ["a"]
    assert runs.admit() == []
    runs.finish("a")
    assert runs.admit() == ["b"]
    runs.finish("b")
    assert runs.admit() == []  # until the parent has heard of it


def test_a_run_that_comes_to_its_end_holds_the_order_until_it_has_ended(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    first = runs.submit(step("a"), step("b"))
    runs.submit(step("c"))
    runs.admit()
    taken = runs.take("a")

    cancelling.cancel(runs.ledger, first, runs.plan_of, by="a test", reason="enough")
    assert runs.admit() == []

    runs.record(taken)
    runs.settle(first)
    assert runs.admit() == ["c"]


def test_by_priority_no_level_starts_before_the_more_urgent_ones_are_done(group) -> None:
    runs = group(ExecutionMode.PRIORITY)
    runs.submit(step("low1"), step("low2"), priority=Priority.LOW)
    runs.submit(step("high1"), step("high2", "high1"), priority=Priority.HIGH)

    assert runs.admit() == ["high1"]
    runs.finish("high1", TRIES_AGAIN)
    assert runs.admit() == []  # it is to be tried again
    runs.wake("high1")
    assert runs.admit() == ["high1"]
    runs.finish("high1", attempt=2)
    assert runs.admit() == ["high2"]
    runs.finish("high2")
    assert runs.admit() == ["low1", "low2"]


def test_by_priority_a_more_urgent_run_calls_back_what_no_worker_has_taken(group) -> None:
    runs = group(ExecutionMode.PRIORITY)
    runs.submit(step("low1"), step("low2"), priority=Priority.LOW)
    assert runs.admit() == ["low1", "low2"]
    runs.take("low1")

    runs.submit(step("high"), priority=Priority.HIGH)

    assert runs.admit() == ["high"]
    assert runs.states() == {"low1": "running", "low2": "ready", "high": "queued"}
    runs.finish("high")
    assert runs.admit() == ["low2"]


def test_who_is_slow_to_note_a_message_does_not_let_a_step_start_that_was_called_back(
    group,
) -> None:
    runs = group(ExecutionMode.PRIORITY)
    runs.submit(step("low"), priority=Priority.LOW)
    slow = admission.admit(runs.ledger, runs.session)
    runs.submit(step("high"), priority=Priority.HIGH)
    assert runs.admit() == ["high"]

    outbox.mark_queued(runs.ledger, slow.dispatches)

    assert runs.states() == {"low": StepState.READY, "high": StepState.QUEUED}


def test_by_priority_a_step_that_waits_for_an_answer_holds_nobody_up(group) -> None:
    runs = group(ExecutionMode.PRIORITY)
    runs.submit(step("low"), priority=Priority.LOW)
    runs.submit(WAIT, priority=Priority.CRITICAL)

    assert runs.admit() == ["ask"]
    runs.change("ask", state=StepState.WAITING, attempts=1)
    assert runs.admit() == ["low"]


def test_by_resources_as_many_start_as_processes_are_free(group) -> None:
    runs = group(ExecutionMode.RESOURCE_AWARE)
    runs.submit(step("a"), step("b"), step("c"))
    runs.submit(step("urgent"), priority=Priority.CRITICAL)

    assert runs.admit() == ["urgent", "a"]
    assert runs.admit() == []
    runs.take("urgent")
    assert runs.admit() == []  # it runs instead of being queued
    runs.finish("a")
    assert runs.admit() == ["b"]


def test_by_resources_steps_of_other_pools_do_not_wait_for_a_pool_without_processes(group) -> None:
    runs = group(ExecutionMode.RESOURCE_AWARE)
    runs.submit({"name": "far", "task": "nobody.works"}, step("near"), WAIT)

    assert runs.admit() == ["near", "ask"]
    assert runs.states()["far"] == StepState.READY

    runs.register("w3", pool="nobody")
    assert runs.admit() == ["far", "ask"]  # nobody has opened it yet


def test_by_resources_a_dead_process_and_a_paused_pool_are_not_free(group) -> None:
    runs = group(ExecutionMode.RESOURCE_AWARE)
    runs.submit(step("a"), step("b"))
    with runs.ledger.write() as connection:
        connection.execute(sa.update(workers).where(workers.c.id == "w1").values(lease_until=now()))

    pausing.hold(runs.ledger, "pool", "toy", by="a test", reason="repairs")
    assert runs.admit() == []
    pausing.let_go(runs.ledger, "pool", "toy", by="a test", reason="done")
    assert runs.admit() == ["a"]


@pytest.mark.parametrize("mode", [ExecutionMode.SEQUENTIAL, ExecutionMode.PRIORITY])
def test_steps_of_a_paused_pool_are_passed_over(group, mode: ExecutionMode) -> None:
    runs = group(mode)
    runs.submit({"name": "held", "task": "other.work"}, step("a"))
    pausing.hold(runs.ledger, "pool", "other", by="a test", reason="repairs")

    assert runs.admit() == ["a"]


def test_a_lost_step_is_admitted_again(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit(step("a"), step("b"))
    runs.admit()
    runs.take("a")
    with runs.ledger.write() as connection:
        connection.execute(sa.update(workers).where(workers.c.id == "w1").values(lease_until=now()))

    (lost,) = rescue.silent(runs.ledger, grace=0)
    assert rescue.give_back(runs.ledger, lost)

    assert admission.waiting(runs.ledger) == [runs.session]
    assert runs.admit() == ["a"]


def test_a_step_is_not_opened_when_the_session_would_rather_start_another(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    first = runs.submit(step("a"))
    runs.submit(WAIT)
    runs.change("a", state=StepState.PENDING)
    assert runs.admit() == ["ask"]  # and whoever admitted it is slow to open it

    runs.change("a", state=StepState.READY)

    with runs.ledger.write() as connection:
        assert not admission.still_admits(connection, runs.session, (runs.run_of("ask"), "ask"))
        assert admission.still_admits(connection, runs.session, (first, "a"))


def test_a_session_knows_how_far_its_runs_have_come(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    runs.submit(step("a"), step("b", "a"))
    runs.submit(step("c"), step("d"))
    for _ in range(3):
        runs.finish(*runs.admit())

    found = runs.find()

    assert found.runs == {RunState.SUCCEEDED: 1, RunState.RUNNING: 1}
    assert found.steps == {StepState.SUCCEEDED: 3, StepState.READY: 1}
    assert found.progress == 0.75


def test_a_closed_session_takes_no_run_but_the_children_of_its_own(group) -> None:
    runs = group(ExecutionMode.SEQUENTIAL)
    parent = runs.submit({"name": "p", "workflow": "child"})
    runs.close()

    with pytest.raises(Refused, match=r"session .* \('a test'\) was closed at .* takes no more"):
        runs.submit(step("late"))

    runs.submit(step("a"), parent=(parent, "p"))
