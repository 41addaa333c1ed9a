"""When no answer comes: escalations first, then the deadline, each once."""

import datetime as dt
from typing import Any

import pytest

from orchestrator import Priority, RunState, StepState
from orchestrator.errors import NotWaiting
from orchestrator.ledger.waiting import deadlines
from tests.integration.desk import DAY, HOUR, Desk, note, waits

REMIND = {"task": "toy.anything", "inputs": {"value": "$input.boss"}}


def asks(**more: Any) -> dict[str, Any]:
    return waits(person="ann", **{"deadline": "2 days", **more})


def notices(desk: Desk) -> list[Any]:
    return desk.coordinator.runs(workflow="toy.anything")


def test_a_missed_deadline_fails_the_step_and_its_run(desk: Desk) -> None:
    run_id = desk.begin(asks(), note("then", "ask"))

    desk.after(2 * DAY - HOUR)
    assert desk.state(run_id) is RunState.RUNNING
    desk.after(HOUR)

    assert desk.state(run_id) is RunState.FAILED
    assert desk.step(run_id, "ask").error["type"] == "DeadlineMissed"
    assert "nobody answered within 2 d: it waited for the answer of ann since" in str(
        desk.run(run_id).error
    )
    assert desk.coordinator.waits() == []


def test_the_failure_of_a_step_that_is_not_critical_is_a_warning(desk: Desk) -> None:
    run_id = desk.begin(asks(critical=False), waits("other", person="bob"))

    desk.after(2 * DAY)

    assert desk.state(run_id) is RunState.RUNNING
    assert desk.run(run_id).warnings[0].startswith("ask: DeadlineMissed: nobody answered")


def test_a_deadline_may_skip_the_step_and_another_branch_is_taken(desk: Desk) -> None:
    run_id = desk.begin(
        asks(answer={"approved": "boolean"}, on_deadline="skip"),
        note("approved", "ask", when="ask.approved"),
        note("unheard", "ask", join="all_done", when="ask == None"),
    )

    desk.after(2 * DAY)

    assert desk.states(run_id)["ask"] is StepState.SKIPPED
    assert desk.states(run_id)["unheard"] is StepState.QUEUED
    assert desk.step(run_id, "ask").reason.startswith("nobody answered within 2 d")


def test_a_deadline_may_take_an_answer_of_its_own(desk: Desk) -> None:
    run_id = desk.begin(
        asks(
            answer={"approved": "boolean", "note": "optional text"},
            on_deadline={"approved": False},
        )
    )

    desk.after(3 * DAY)

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert desk.coordinator.results(run_id) == {"ask": {"approved": False, "note": None}}


def test_who_answers_after_the_deadline_is_told_of_it(desk: Desk) -> None:
    run_id = desk.begin(asks(critical=False), waits("other", person="bob"))
    desk.after(2 * DAY)

    with pytest.raises(NotWaiting, match=r"waits no longer: it is failed \(nobody answered"):
        desk.coordinator.answer(run_id, "ask", 1, by="ann")


def test_escalations_are_made_in_their_order_each_once(desk: Desk) -> None:
    hurry = {"after": "1 day", "priority": "high", "notify": REMIND}
    remind = {"after": "2 h", "notify": REMIND}
    run_id = desk.begin(
        asks(escalate=[hurry, remind]), note("then", "ask"), run_input={"boss": "bob"}
    )

    desk.after(2 * HOUR)
    desk.after(0)
    (first,) = notices(desk)
    assert (first.input, first.priority) == ({"value": "bob"}, Priority.NORMAL)
    assert first.idempotency_key == f"{run_id}:ask:1:escalation:1"
    assert desk.states(first.id) == {"anything": StepState.QUEUED}
    assert desk.run(run_id).priority is Priority.NORMAL

    desk.after(DAY)
    second, _ = notices(desk)
    assert second.priority is Priority.HIGH
    assert desk.run(run_id).priority is Priority.HIGH
    assert desk.step(run_id, "then").priority is Priority.HIGH
    assert [said["number"] for said in desk.log(run_id, "step.escalated")] == [1, 2]
    assert desk.log(run_id, "step.escalated")[1]["notice"] == second.id
    assert desk.log(run_id, "run.reprioritized")[0]["by"] == "orchestrator"

    (asked,) = desk.coordinator.waits(person="ann")
    assert asked.escalations == 2
    assert desk.step(run_id, "ask").due_at == asked.since + dt.timedelta(days=2)
    desk.coordinator.answer(run_id, "ask", 1, by="ann")
    assert desk.state(run_id) is RunState.RUNNING


def test_a_run_that_is_urgent_already_is_not_made_less_so(desk: Desk) -> None:
    run_id = desk.begin(
        asks(escalate=[{"after": "1 h", "priority": "high"}]), priority=Priority.CRITICAL
    )

    desk.after(HOUR)

    assert desk.run(run_id).priority is Priority.CRITICAL
    assert desk.log(run_id, "run.reprioritized") == []
    assert len(desk.log(run_id, "step.escalated")) == 1


def test_an_escalation_without_a_deadline_is_made_and_the_step_waits_on(desk: Desk) -> None:
    run_id = desk.begin(
        waits(person="ann", escalate=[{"after": "1 h", "notify": REMIND}]),
        run_input={"boss": "bob"},
    )

    desk.after(HOUR)

    assert len(notices(desk)) == 1
    assert desk.step(run_id, "ask").due_at is None


def test_a_notice_that_cannot_be_made_is_a_warning_and_the_deadline_holds(desk: Desk) -> None:
    remind = {"task": "toy.anything", "inputs": {"value": "$first.name"}}
    run_id = desk.begin(
        waits("first", signal="go"),
        waits("skipped", person="ann", after=["first"], when="first == 2"),
        asks(after=["first", "skipped"], escalate=[{"after": "1 h", "notify": remind}]),
    )
    desk.coordinator.signal(run_id, "go", {"nam": "x"}, by="bob")

    desk.after(HOUR)
    assert "toy.anything could not be told that it still waits: '$first.name' points at" in str(
        desk.run(run_id).warnings
    )
    assert desk.step(run_id, "ask").state is StepState.WAITING

    desk.after(2 * DAY)
    assert desk.state(run_id) is RunState.FAILED


def test_time_goes_on_in_a_paused_run_and_nothing_starts(desk: Desk) -> None:
    run_id = desk.begin(waits("pause", timer="1 h"), note("then", "pause"))
    desk.coordinator.pause(run_id)

    desk.after(HOUR)
    assert desk.states(run_id) == {"pause": StepState.SUCCEEDED, "then": StepState.READY}

    desk.coordinator.resume(run_id)
    assert desk.states(run_id)["then"] is StepState.QUEUED


def test_what_is_due_waits_for_no_broker(desk: Desk) -> None:
    run_id = desk.begin(asks(on_deadline="skip"), note("then", "ask", join="all_done"))
    desk.made.server.stop()

    desk.after(2 * DAY)

    assert desk.states(run_id)["ask"] is StepState.SKIPPED


def test_a_cancel_leaves_nothing_due(desk: Desk) -> None:
    run_id = desk.begin(asks())
    desk.coordinator.cancel(run_id)

    desk.after(3 * DAY)

    assert deadlines.due(desk.ledger) == []
    assert desk.state(run_id) is RunState.CANCELLED
