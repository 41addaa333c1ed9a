"""Steps that agents and people outside do: claimed, beaten for, reported, fenced by a token."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestrator import Coordinator, Priority, RunState, StepState
from orchestrator.clock import now
from orchestrator.errors import InvalidAnswer, InvalidInput, LostRace, NotWaiting
from orchestrator.ledger.side_tables import waits as wait_rows
from orchestrator.ledger.waiting.tickets import WorkTicket
from tests.integration.desk import DAY, Desk, note, waits

REPORT = {"completed": "list", "issues": "optional text"}
DONE = {"completed": ["a.py"]}


def work(name: str = "review", skill: str = "review", **more: Any) -> dict[str, Any]:
    return waits(name, agent=skill, **{"answer": REPORT, **more})


def claimed(desk: Desk, *skills: str, by: str = "agent-1") -> WorkTicket:
    ticket = desk.coordinator.claim_next(*(skills or ("review",)), by=by)
    assert ticket is not None
    return ticket


def let_lease_end(desk: Desk) -> None:
    with desk.ledger.write() as connection:
        late = now() - dt.timedelta(seconds=1)
        connection.execute(wait_rows.update().values(claimed_until=late))


def test_an_agent_claims_beats_and_completes_with_a_typed_report(desk: Desk) -> None:
    packet = {"packet": "$input.packet"}
    run_id = desk.begin(
        work(inputs=packet, heartbeat="2 min"), note("then", "review"), run_input={"packet": "b1"}
    )

    ticket = claimed(desk)
    assert (ticket.run_id, ticket.step, ticket.workflow) == (run_id, "review", "toy")
    assert (ticket.inputs, ticket.answer) == ({"packet": "b1"}, REPORT)
    assert ticket.until is not None
    assert abs(ticket.until - now() - dt.timedelta(minutes=2)) < dt.timedelta(seconds=20)
    assert "for an agent that can review (agent-1 is on it) since" in (
        desk.step(run_id, "review").reason
    )

    beaten = desk.coordinator.heartbeat(ticket)
    assert beaten.until is not None
    assert beaten.until > ticket.until

    desk.coordinator.complete(beaten, DONE)
    assert desk.coordinator.results(run_id) == {"review": {**DONE, "issues": None}}
    assert desk.states(run_id)["then"] is StepState.QUEUED
    assert desk.log(run_id, "step.claimed") == [{"by": "agent-1"}]
    assert desk.log(run_id, "step.succeeded") == [{"by": "agent-1"}]


def test_the_most_urgent_is_claimed_first_then_the_oldest(desk: Desk) -> None:
    first = desk.begin(work(), work("urgent", priority="high"), work("other", "translate"))
    desk.begin(work(), priority=Priority.CRITICAL, name="second")

    found = [claimed(desk, "review") for _ in range(3)]

    assert [(t.workflow, t.step) for t in found] == [
        ("second", "review"),
        ("toy", "urgent"),
        ("toy", "review"),
    ]
    assert desk.coordinator.claim_next("review", by="agent-2") is None
    assert claimed(desk, "review", "translate").step == "other"
    assert {w.claimed_by for w in desk.coordinator.waits(run_id=first)} == {"agent-1"}


def test_agents_that_ask_at_once_get_a_step_each(desk: Desk) -> None:
    run_id = desk.begin(*(work(f"w{number}") for number in range(12)))
    together = threading.Barrier(6)

    def take_two(number: int) -> list[str]:
        own = Coordinator(desk.made.settings)
        together.wait()
        tickets = [own.claim_next("review", by="the same") for _ in range(2)]
        own.ledger.close()
        return [ticket.step for ticket in tickets if ticket is not None]

    with ThreadPoolExecutor(6) as threads:
        taken = [step for steps in threads.map(take_two, range(6)) for step in steps]

    assert sorted(taken) == sorted(f"w{number}" for number in range(12))
    assert len(desk.log(run_id, "step.claimed")) == 12


def test_a_step_that_is_claimed_is_not_claimed_by_another(desk: Desk) -> None:
    run_id = desk.begin(work())
    claimed(desk)

    with pytest.raises(LostRace, match=r"taken: it waits for an agent .*\(agent-1 is on it\)"):
        desk.coordinator.claim(run_id, "review", by="agent-2")


def test_who_claims_again_what_is_theirs_gets_a_ticket_and_the_old_one_is_void(desk: Desk) -> None:
    run_id = desk.begin(work())
    lost = claimed(desk)

    ticket = desk.coordinator.claim(run_id, "review", by="agent-1")

    with pytest.raises(LostRace, match="good no longer: agent-1 has claimed it since"):
        desk.coordinator.complete(lost, DONE)
    desk.coordinator.complete(ticket, DONE)


def test_a_beat_that_stays_away_frees_the_step_and_the_log_says_so(desk: Desk) -> None:
    run_id = desk.begin(work())
    claimed(desk)
    let_lease_end(desk)

    desk.maintenance.sweep()
    desk.maintenance.sweep()

    assert desk.log(run_id, "step.released") == [
        {"by": "orchestrator", "reason": "the beat of agent-1 has stayed away"}
    ]
    assert "is on it" not in desk.step(run_id, "review").reason
    assert claimed(desk, by="agent-2").step == "review"


@pytest.mark.parametrize("swept", [True, False])
def test_a_late_report_is_good_until_somebody_else_has_claimed_the_step(
    desk: Desk, swept: bool
) -> None:
    first, second = desk.begin(work()), desk.begin(work(), name="second")
    late, later = claimed(desk), claimed(desk)
    let_lease_end(desk)
    if swept:
        desk.maintenance.sweep()

    desk.coordinator.complete(late, DONE)
    assert desk.state(first) is RunState.SUCCEEDED

    other = claimed(desk, by="agent-2")
    with pytest.raises(LostRace, match="good no longer: agent-2 has claimed it since"):
        desk.coordinator.complete(later, DONE)
    with pytest.raises(LostRace, match="ticket of agent-1"):
        desk.coordinator.heartbeat(later)
    desk.coordinator.complete(other, DONE)
    assert desk.state(second) is RunState.SUCCEEDED


def test_a_late_beat_makes_the_ticket_good_again(desk: Desk) -> None:
    run_id = desk.begin(work())
    ticket = claimed(desk)
    let_lease_end(desk)
    desk.maintenance.sweep()

    again = desk.coordinator.heartbeat(ticket)

    assert again.token == ticket.token
    assert desk.coordinator.claim_next("review", by="agent-2") is None
    assert "agent-1 is on it" in desk.step(run_id, "review").reason


def test_a_report_that_does_not_fit_leaves_the_ticket_good(desk: Desk) -> None:
    desk.begin(work())
    ticket = claimed(desk)

    with pytest.raises(InvalidAnswer, match="'completed': input should be a valid list"):
        desk.coordinator.complete(ticket, {"completed": "all"})

    desk.coordinator.complete(ticket, DONE)


def test_work_that_failed_fails_the_step_and_its_report_is_in_the_log(desk: Desk) -> None:
    run_id = desk.begin(work())

    desk.coordinator.fail(claimed(desk), "the tests do not pass", {"skipped": ["b.py"]})

    assert desk.state(run_id) is RunState.FAILED
    assert desk.run(run_id).error == "step 'review' failed: WorkFailed: the tests do not pass"
    (said,) = desk.log(run_id, "step.failed")
    assert (said["by"], said["report"]) == ("agent-1", {"skipped": ["b.py"]})


def test_an_agent_may_fail_in_any_words(desk: Desk) -> None:
    run_id = desk.begin(work())

    desk.coordinator.fail(claimed(desk), "a NUL \0, half a character \ud83d " + "x" * 9000)

    assert str(desk.run(run_id).error).startswith(
        "step 'review' failed: WorkFailed: a NUL \\x00, half a character \\ud83d xxx"
    )


@pytest.mark.parametrize("by", ["", "x" * 201, "two\nlines", "a\0b"])
def test_nobody_without_a_name_claims_or_answers(desk: Desk, by: str) -> None:
    run_id = desk.begin(work())

    for refused in (
        lambda: desk.coordinator.claim_next("review", by=by),
        lambda: desk.coordinator.claim(run_id, "review", by=by),
        lambda: desk.coordinator.answer(run_id, "review", DONE, by=by),
    ):
        with pytest.raises(InvalidInput, match="is nobody: say who it is"):
            refused()


def test_work_that_failed_may_be_left_to_others(desk: Desk) -> None:
    run_id = desk.begin(work())
    ticket = claimed(desk)

    desk.coordinator.fail(ticket, "the tests do not pass", {"log": "…"}, retry=True)

    assert desk.log(run_id, "step.released") == [
        {"by": "agent-1", "reason": "the tests do not pass", "report": {"log": "…"}}
    ]
    with pytest.raises(LostRace, match="good no longer: it was given back"):
        desk.coordinator.complete(ticket, DONE)
    assert claimed(desk, by="agent-2").step == "review"


def test_a_claim_that_is_given_up_is_free_at_once(desk: Desk) -> None:
    desk.begin(work())

    desk.coordinator.give_up(claimed(desk))

    assert claimed(desk, by="agent-2").step == "review"


def test_who_works_on_a_step_that_has_ended_is_told_to_leave_it(desk: Desk) -> None:
    answered = desk.begin(work())
    cancelled = desk.begin(work(), name="second")
    first, second = claimed(desk), claimed(desk)
    desk.coordinator.answer(answered, "review", DONE, by="ann", reason="I did it")
    desk.coordinator.cancel(cancelled)

    with pytest.raises(NotWaiting, match="waits no longer: ann has answered"):
        desk.coordinator.heartbeat(first)
    with pytest.raises(NotWaiting, match="waits no longer: it is cancelled"):
        desk.coordinator.complete(second, DONE)


def test_a_deadline_ends_the_step_of_an_agent_too(desk: Desk) -> None:
    run_id = desk.begin(work(deadline="1 day", on_deadline="skip"))
    ticket = claimed(desk)

    desk.after(DAY)

    assert desk.states(run_id) == {"review": StepState.SKIPPED}
    assert "(agent-1 is on it)" in desk.step(run_id, "review").reason
    with pytest.raises(NotWaiting):
        desk.coordinator.complete(ticket, DONE)


def test_a_person_may_say_to_be_on_it_for_as_long_as_it_takes(desk: Desk) -> None:
    run_id = desk.begin(waits(person="sales"))

    ticket = desk.coordinator.claim(run_id, "ask", by="ann")

    assert ticket.until is None
    assert desk.coordinator.heartbeat(ticket) == ticket
    with pytest.raises(LostRace, match="ann is on it"):
        desk.coordinator.claim(run_id, "ask", by="bob")
    assert desk.coordinator.waits(person="sales")[0].claimed_by == "ann"
    desk.coordinator.complete(ticket, {"approved": True})
    assert desk.state(run_id) is RunState.SUCCEEDED


def test_nobody_claims_a_signal_or_what_is_paused(desk: Desk) -> None:
    sign = desk.begin(waits("sign", signal="signed"))
    held = desk.begin(work(), name="held")
    desk.coordinator.pause(held)

    with pytest.raises(NotWaiting, match="send it with `orchestrator signal"):
        desk.coordinator.claim(sign, "sign", by="ann")
    with pytest.raises(NotWaiting, match="is paused: nothing of it is begun until"):
        desk.coordinator.claim(held, "review", by="agent-1")
    assert desk.coordinator.claim_next("review", by="agent-1") is None


def test_work_that_was_begun_before_a_pause_is_completed_in_it(desk: Desk) -> None:
    run_id = desk.begin(work(), note("then", "review"))
    ticket = claimed(desk)
    desk.coordinator.pause(run_id)

    desk.coordinator.complete(desk.coordinator.heartbeat(ticket), DONE)

    assert desk.states(run_id) == {"review": StepState.SUCCEEDED, "then": StepState.READY}
