"""Why a step that has begun has not come to its end: a test for each cause."""

import os
import socket

import pytest

from orchestrator import StepState
from orchestrator.ledger import workers
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.why.reasons import Cause
from tests.integration.stuck import AGAIN, FAILED, Stuck, note, said


def waits(name: str = "ask", **more: object) -> dict[str, object]:
    return {"name": name, "wait_for": more}


def test_a_running_step_says_where_and_until_when_it_may_run(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a", timeout=60, retry={"max_attempts": 3}))
    stuck.take(run, "a")

    reason = stuck.why(run, "a")

    where = f"{socket.gethostname()}:{os.getpid()}"
    assert (reason.cause, reason.on) == (Cause.RUNNING, (where,))
    assert said(reason) == f"runs on {where} since TIME, until TIME at most, attempt 1 of 3"


def test_a_step_whose_worker_is_gone_says_so(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    stuck.take(run, "a")
    workers.end(stuck.ledger, "w1")

    reason = stuck.why(run, "a")

    assert reason.cause is Cause.LOST
    assert said(reason) == "ran on a worker that is gone, and is given back within seconds"


def test_a_backoff_names_the_attempt_the_time_and_the_last_error(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a", retry={"max_attempts": 5}))
    stuck.finish(run, "a", AGAIN)

    reason = stuck.why(run, "a")

    assert reason.cause is Cause.RETRY
    assert said(reason) == (
        "waits until TIME for attempt 2 of 5: the last failed with Busy: the ERP is away"
    )
    (failed,) = [e.at for _, e in stuck.coordinator.events(run) if e.name == "step.retrying"]
    assert reason.since == failed


def test_a_step_that_rather_follows_another_names_it_and_how_long(stuck: Stuck) -> None:
    run = stuck.begin(note("a"), note("b"), note("late", "b", prefer_after=["a"], patience=60))
    stuck.register()
    stuck.finish(run, "b")

    reason = stuck.why(run, "late")

    assert (reason.cause, reason.on) == (Cause.PREFERENCE, ("a",))
    assert said(reason) == "could start, but rather follows 'a', but no longer than until TIME"


def test_a_timer_says_when_it_ends(stuck: Stuck) -> None:
    run = stuck.begin(waits("pause", timer="3 days"))

    reason = stuck.why(run, "pause")

    assert (reason.cause, said(reason)) == (Cause.TIMER, "waits until TIME")


def test_a_signal_is_named_with_its_deadline(stuck: Stuck) -> None:
    run = stuck.begin(waits(signal="payment_received", deadline="14 days"))

    reason = stuck.why(run, "ask")

    assert (reason.cause, reason.on) == (Cause.SIGNAL, ("payment_received",))
    assert said(reason) == "waits for the signal payment_received since TIME, until TIME"


def test_a_person_is_named_with_the_next_escalation(stuck: Stuck) -> None:
    escalate = [{"after": "1 day", "priority": "high"}]
    run = stuck.begin(waits(person="head of sales", deadline="2 days", escalate=escalate))

    reason = stuck.why(run, "ask")

    assert (reason.cause, reason.on) == (Cause.PERSON, ("head of sales",))
    assert said(reason) == (
        "waits for the answer of head of sales since TIME, until TIME; it is escalated at TIME"
    )


def test_an_agent_that_has_claimed_a_step_is_named_with_the_end_of_its_claim(
    stuck: Stuck,
) -> None:
    run = stuck.begin(waits(agent="weld"))
    open_for_all = stuck.why(run, "ask")
    stuck.coordinator.claim(run, "ask", by="robot-7")

    reason = stuck.why(run, "ask")

    assert (reason.cause, reason.on) == (Cause.AGENT, ("weld",))
    assert said(open_for_all) == "waits for an agent that can weld since TIME"
    assert said(reason) == (
        "waits for an agent that can weld (robot-7 is on it) since TIME; the claim ends at TIME"
    )


def test_a_map_says_how_far_it_is_and_what_its_first_element_waits_for(stuck: Stuck) -> None:
    stuck.register()
    over = {"over": list(range(40)), "limit": 20, "on_error": "gather"}
    run = stuck.begin({"name": "build", "task": "toy.note", "map": over})
    for n in range(17):
        stuck.finish(run, f"build[{n}]", FAILED if n < 3 else Outcome(StepState.SUCCEEDED, "1"))

    reason = stuck.why(run, "build")

    assert reason.cause is Cause.MAP
    assert said(reason).startswith(
        "waits for its elements: 17 of 40 are done, 3 failed; 'build[17]' waits for a worker: it is"
    )


def test_an_element_that_waits_for_others_says_how_many_are_in_flight(stuck: Stuck) -> None:
    over = {"over": list(range(9)), "limit": 5}
    run = stuck.begin({"name": "build", "task": "toy.note", "map": over})

    reason = stuck.why(run, "build[7]")

    assert (reason.cause, reason.on) == (Cause.LIMIT, ("build",))
    assert said(reason) == (
        "waits for other elements of 'build', of which 5 are in flight at a time"
    )


def test_a_poisoned_step_says_that_it_is_not_tried_again(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    lost = Outcome(StepState.FAILED, failure=Failure("WorkersLost", "it lost its worker 3 times"))
    stuck.finish(run, "a", lost)

    (reason,) = stuck.coordinator.why(run, "a")

    assert reason.cause is Cause.POISON
    assert said(reason) == (
        "lost its worker 3 times, so it is not tried again: mend what ends them, and "
        f"`orchestrator runs retry {run}`"
    )


@pytest.mark.parametrize("outcome", [FAILED, Outcome(StepState.SKIPPED, reason="it is late")])
def test_a_step_that_has_ended_says_how_where_it_is_asked_for(
    stuck: Stuck, outcome: Outcome
) -> None:
    stuck.register()
    run = stuck.begin(note("a"), note("b"))
    stuck.finish(run, "a", outcome)

    (reason,) = stuck.coordinator.why(run, "a")

    assert reason.cause is Cause.ENDED
    assert (
        said(reason)
        == {
            StepState.FAILED: "failed at TIME (Refused: no such customer)",
            StepState.SKIPPED: "skipped at TIME (it is late)",
        }[outcome.state]
    )
