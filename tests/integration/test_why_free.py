"""Why a step that could start does not: a test for each cause."""

import datetime as dt

import pytest
import sqlalchemy as sa

from orchestrator import Priority, RunState, StepState
from orchestrator.clock import now
from orchestrator.ledger.tables import runs, workers
from orchestrator.why.reasons import Cause
from tests.integration.stuck import Stuck, note, said

HERE = {"by": "ada", "reason": "an audit"}


def test_in_the_queue_it_is_told_its_place_and_what_is_more_urgent(stuck: Stuck) -> None:
    stuck.register()
    stuck.begin(note("x"), note("y"), priority=Priority.HIGH)
    stuck.begin(note("first"))
    run = stuck.begin(note("a"))

    reason = stuck.why(run, "a")

    assert (reason.cause, reason.on) == (Cause.QUEUE, ("toy",))
    assert said(reason) == (
        "waits for a worker: it is number 2 in the queue of pool 'toy' at NORMAL behind 2 more "
        "urgent ones, and 1 process is alive"
    )
    assert reason.since is not None
    assert now() - reason.since < dt.timedelta(seconds=30)


def test_in_the_queue_a_raised_step_says_so(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"), priority=Priority.LOW)
    stuck.change("a", boost=2)

    assert "at LOW, raised by 2 for having waited long, behind 0 more urgent ones" in said(
        stuck.why(run, "a")
    )


def test_in_the_queue_a_step_that_may_wait_only_so_long_says_so(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a", start_within="10 min"))

    assert said(stuck.why(run, "a")).endswith(
        "; it fails if it has not started 10 min after it could"
    )


def test_without_a_worker_it_is_told_when_the_last_was_seen(stuck: Stuck) -> None:
    run = stuck.begin(note("a"))
    never = stuck.why(run, "a")
    stuck.register(lease=-5)

    reason = stuck.why(run, "a")

    assert (reason.cause, reason.on) == (Cause.NO_WORKER, ("toy",))
    assert said(never) == (
        "waits for a worker: no worker of pool 'toy' is alive; none was seen within the hour"
    )
    assert said(reason) == (
        "waits for a worker: no worker of pool 'toy' is alive; the last was seen until TIME"
    )


def test_a_task_that_no_living_worker_knows_is_named(stuck: Stuck) -> None:
    stuck.register(knows=["toy.add"])
    run = stuck.begin(note("a"))

    reason = stuck.why(run, "a")

    assert reason.cause is Cause.UNKNOWN_TASK
    assert said(reason) == (
        "waits for a worker: no worker of pool 'toy' knows task 'toy.note'; it starts when one "
        "with newer code does"
    )


def test_a_message_that_was_not_sent_is_told(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    stuck.change("a", state=StepState.READY)

    reason = stuck.why(run, "a")

    assert reason.cause is Cause.OUTBOX
    assert said(reason) == "waits until its message is with the broker; maintenance sends it"


def test_a_broker_that_does_not_answer_is_the_reason_for_that(deaf: Stuck) -> None:
    deaf.register()
    run = deaf.begin(note("a"))

    reason = deaf.why(run, "a")

    assert reason.cause is Cause.BROKER
    assert said(reason).startswith(
        "waits until the broker answers, and its message has come to it: "
    )


def test_a_step_that_lost_its_workers_says_how_many_it_may_lose(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    stuck.change("a", losses=2)

    reason = stuck.why(run, "a")

    assert reason.cause is Cause.POISON
    assert said(reason).startswith(
        "lost its worker 2 of at most 3 times, and waits for another: it is number 1 "
    )


def test_a_paused_run_names_who_paused_it_and_why(stuck: Stuck) -> None:
    run = stuck.begin(note("a"))
    stuck.coordinator.pause(run, **HERE)

    reason = stuck.why(run, "a")

    assert (reason.cause, reason.on) == (Cause.PAUSED, (run,))
    assert said(reason) == (f"waits until run {run} is resumed: ada paused it at TIME (an audit)")


def test_a_paused_workflow_is_told_apart_from_a_paused_run(stuck: Stuck) -> None:
    before = stuck.begin(note("a"))
    stuck.coordinator.pause_workflow("stuck", **HERE)
    after = stuck.begin(note("a"))

    told = [stuck.why(run, "a") for run in (before, after)]

    assert [reason.on for reason in told] == [("stuck",), ("stuck",)]
    assert {said(reason) for reason in told} == {
        "waits until workflow 'stuck' is resumed: ada paused it at TIME (an audit)"
    }


def test_a_paused_pool_names_who_paused_it_and_why(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    stuck.coordinator.pause_pool("toy", **HERE)

    reason = stuck.why(run, "a")

    assert (reason.cause, reason.on) == (Cause.PAUSED, ("toy",))
    assert said(reason) == "waits until pool 'toy' is resumed: ada paused it at TIME (an audit)"


def test_one_step_at_a_time_the_step_that_goes_first_is_named(stuck: Stuck) -> None:
    friday = stuck.coordinator.create_session("friday", "sequential").id
    first = stuck.begin(note("a"), session_id=friday)
    second = stuck.begin(note("b"), session_id=friday)

    reason = stuck.why(second, "b")

    assert (reason.cause, reason.on) == (Cause.SESSION, ("friday", first))
    assert said(reason) == (
        f"waits until session 'friday' admits it (sequential): step 'a' of run {first} is before it"
    )


def test_a_run_that_is_undone_is_before_the_others_of_its_session(stuck: Stuck) -> None:
    friday = stuck.coordinator.create_session("friday", "sequential").id
    first = stuck.begin({"name": "ask", "wait_for": {"signal": "go"}}, session_id=friday)
    second = stuck.begin(note("b"), session_id=friday)
    with stuck.ledger.write() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == first).values(ending="cancelled"))
    stuck.change("ask", state=StepState.CANCELLED)

    assert said(stuck.why(second, "b")).endswith(
        f": run {first}, which comes to its end, is before it"
    )


def test_by_priority_what_is_more_urgent_is_named(stuck: Stuck) -> None:
    friday = stuck.coordinator.create_session("friday", "priority").id
    urgent = stuck.begin(note("a"), session_id=friday, priority=Priority.HIGH)
    run = stuck.begin(note("b"), session_id=friday)

    assert said(stuck.why(run, "b")) == (
        f"waits until session 'friday' admits it (priority): step 'a' of run {urgent} is before it"
    )


def test_by_resources_the_pool_is_named_that_has_no_process_free(stuck: Stuck) -> None:
    friday = stuck.coordinator.create_session("friday", "resource_aware").id
    run = stuck.begin(note("a"), session_id=friday)

    reason = stuck.why(run, "a")

    assert (reason.cause, reason.on) == (Cause.SESSION, ("friday",))
    assert said(reason) == (
        "waits until session 'friday' admits it (resource_aware): when a process of pool 'toy' "
        "is free"
    )


def test_a_step_that_nobody_has_opened_is_told(stuck: Stuck) -> None:
    run = stuck.begin({"name": "pause", "wait_for": {"timer": "1 day"}})
    stuck.change("pause", state=StepState.READY)

    assert stuck.why(run, "pause").cause is Cause.OPENING


def test_a_worker_of_another_pool_does_not_count(stuck: Stuck) -> None:
    stuck.register()
    with stuck.ledger.write() as connection:
        connection.execute(sa.update(workers).values(pool="other"))
    run = stuck.begin(note("a"))

    assert stuck.why(run, "a").cause is Cause.NO_WORKER


@pytest.mark.parametrize("state", [StepState.READY, StepState.QUEUED])
def test_who_holds_a_step_back_comes_before_what_else_it_lacks(
    stuck: Stuck, state: StepState
) -> None:
    run = stuck.begin(note("a"))
    stuck.change("a", state=state)
    stuck.coordinator.pause(run, **HERE)

    assert stuck.coordinator.run(run).state is RunState.PAUSED
    assert stuck.why(run, "a").cause is Cause.PAUSED
