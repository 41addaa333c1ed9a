"""Steps that wait for a time, a signal or a person: a row, and nothing else, until it comes."""

import datetime as dt
from typing import Any

import pytest

from orchestrator import RunState, StepState
from orchestrator.clock import now
from orchestrator.errors import InvalidAnswer, NotWaiting, RunNotFound
from tests.integration.desk import DAY, HOUR, Desk, note, waits
from tests.integration.installation import Installation
from tests.waiting import eventually

APPROVED = {"approved": "boolean", "note": "optional text"}
MINUTE = dt.timedelta(minutes=1)


def test_a_run_that_waits_holds_no_worker_and_no_message(toy: Installation) -> None:
    run = toy.submit([note("before"), waits(after=["before"], person="ann"), note("then", "ask")])
    eventually(lambda: toy.steps(run)["ask"].state is StepState.WAITING)

    eventually(lambda: not toy.redis.keys("toy*") and not toy.redis.keys("unacked*"))
    assert {name: step.state for name, step in toy.steps(run).items()} == {
        "before": StepState.SUCCEEDED,
        "ask": StepState.WAITING,
        "then": StepState.PENDING,
    }

    toy.coordinator.answer(run.id, "ask", {"fine": 1}, by="ann")
    ended = toy.wait(run)
    assert ended.state is RunState.SUCCEEDED
    assert toy.coordinator.results(run.id) == {
        "before": "before",
        "ask": {"fine": 1},
        "then": "then",
    }


def test_a_timer_ends_when_its_time_has_come_and_not_before(desk: Desk) -> None:
    run_id = desk.begin(waits("pause", timer="30 days"), note("then", "pause"))

    desk.after(29 * DAY)
    assert desk.states(run_id) == {"pause": StepState.WAITING, "then": StepState.PENDING}
    assert desk.step(run_id, "pause").reason.startswith("until 2")

    desk.after(DAY)
    assert desk.states(run_id) == {"pause": StepState.SUCCEEDED, "then": StepState.QUEUED}
    assert desk.coordinator.results(run_id) == {"pause": None}


@pytest.mark.parametrize(
    ("timer", "seconds"),
    [
        ("2 h", 2 * HOUR),
        (7200, 2 * HOUR),
        ("7200.0", 2 * HOUR),  # what a Decimal becomes in JSON
    ],
)
def test_a_timer_may_come_from_the_input(desk: Desk, timer: Any, seconds: float) -> None:
    run_id = desk.begin(waits("pause", timer="$input.until"), run_input={"until": timer})

    due = desk.step(run_id, "pause").due_at
    assert abs(due - now() - dt.timedelta(seconds=seconds)) < MINUTE


def test_a_timer_may_end_at_a_time_from_the_input(desk: Desk) -> None:
    until = now() + dt.timedelta(hours=2)

    run_id = desk.begin(
        waits("pause", timer="$input.until"), run_input={"until": until.isoformat()}
    )

    assert desk.step(run_id, "pause").due_at == until


def test_a_timer_whose_time_has_passed_ends_at_once(desk: Desk) -> None:
    begun = desk.begin(
        waits("pause", timer="$input.until"), run_input={"until": "2020-01-31T08:00:00+02:00"}
    )

    assert desk.state(begun) is RunState.SUCCEEDED


def test_a_timer_that_is_no_time_fails_its_step_with_what_it_is(desk: Desk) -> None:
    run_id = desk.begin(
        waits("pause", timer="$input.until"), run_input={"until": "2030-01-31T08:00:00"}
    )

    assert desk.state(run_id) is RunState.FAILED
    assert "'2030-01-31T08:00:00' is nothing to wait for" in str(desk.run(run_id).error)


def test_a_person_sees_what_is_asked_and_answers_it(desk: Desk) -> None:
    run_id = desk.begin(
        waits(
            person="$input.head",
            answer=APPROVED,
            deadline="2 days",
            inputs={"total": "$input.total", "terms": {"days": 14}},
            priority="high",
        ),
        run_input={"head": "head of sales", "total": "99.90"},
    )

    (asked,) = desk.coordinator.waits(person="head of sales")
    assert (asked.run_id, asked.workflow, asked.step, asked.kind) == (
        run_id,
        "toy",
        "ask",
        "person",
    )
    assert asked.inputs == {"total": "99.90", "terms": {"days": 14}}
    assert asked.answer == APPROVED
    assert asked.until == asked.since + dt.timedelta(days=2)
    assert desk.step(run_id, "ask").reason == (
        f"for the answer of head of sales since {asked.since:%Y-%m-%d %H:%M:%S} UTC, "
        f"until {asked.until:%Y-%m-%d %H:%M:%S} UTC"
    )

    desk.coordinator.answer(run_id, "ask", {"approved": "yes"}, by="ann", reason="a good customer")

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert desk.coordinator.results(run_id) == {"ask": {"approved": True, "note": None}}
    assert desk.log(run_id, "step.succeeded") == [{"by": "ann", "reason": "a good customer"}]
    assert desk.coordinator.waits() == []


def test_an_answer_that_does_not_fit_is_refused_by_its_fields_and_nothing_is_lost(
    desk: Desk,
) -> None:
    run_id = desk.begin(waits(person="ann", answer=APPROVED))

    with pytest.raises(InvalidAnswer) as refused:
        desk.coordinator.answer(run_id, "ask", {"aproved": True}, by="ann")

    assert str(refused.value) == (
        "the answer to step 'ask' does not fit: 'approved': field required; "
        "'aproved': extra inputs are not permitted "
        "(it takes approved: boolean, note: optional text)"
    )
    assert desk.states(run_id) == {"ask": StepState.WAITING}
    desk.coordinator.answer(run_id, "ask", {"approved": False}, by="ann")
    assert desk.state(run_id) is RunState.SUCCEEDED


def test_an_answer_with_more_bytes_than_a_result_may_have_is_refused(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"))

    with pytest.raises(InvalidAnswer, match=r"has 300,0\d\d bytes of JSON, and 262,144 are"):
        desk.coordinator.answer(run_id, "ask", "x" * 300_000, by="ann")

    assert desk.states(run_id) == {"ask": StepState.WAITING}


def test_who_answers_second_is_told_who_was_first(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"), note("then", "ask"))
    desk.coordinator.answer(run_id, "ask", 1, by="ann")

    with pytest.raises(NotWaiting, match=r"step 'ask' .* waits no longer: ann has answered"):
        desk.coordinator.answer(run_id, "ask", 2, by="bob")

    assert desk.coordinator.results(run_id) == {"ask": 1}


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("later", "step 'later' .* does not wait yet: it is pending"),
        ("pause", "nobody can answer that: skip the step, or let the time come"),
        ("work", "no step of workflow 'toy' waits for an answer under the name 'work'"),
        ("latr", "under the name 'latr', did you mean 'later'?"),
    ],
)
def test_what_waits_for_no_answer_says_so(desk: Desk, step: str, sentence: str) -> None:
    run_id = desk.begin(
        waits("pause", timer="1 day"), waits("later", person="ann", after=["pause"]), note("work")
    )

    with pytest.raises(NotWaiting, match=sentence):
        desk.coordinator.answer(run_id, step, 1, by="ann")


def test_a_paused_run_takes_an_answer_and_goes_on_with_it_when_it_is_resumed(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"), waits("next", timer="1 h", after=["ask"]))
    desk.coordinator.pause(run_id)

    desk.coordinator.answer(run_id, "ask", 1, by="ann")
    assert desk.states(run_id) == {"ask": StepState.SUCCEEDED, "next": StepState.READY}

    desk.coordinator.resume(run_id)
    assert desk.states(run_id)["next"] is StepState.WAITING


def test_an_ended_run_takes_no_answer(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"), waits("sign", signal="signed"))
    desk.coordinator.cancel(run_id, reason="enough")

    for refused in (
        lambda: desk.coordinator.answer(run_id, "ask", 1, by="ann"),
        lambda: desk.coordinator.signal(run_id, "signed", by="ann"),
    ):
        with pytest.raises(NotWaiting, match=r"waits no longer: it is cancelled \(enough\)"):
            refused()
    assert desk.coordinator.waits() == []


def test_a_run_that_is_not_there_takes_none_either(desk: Desk) -> None:
    with pytest.raises(RunNotFound):
        desk.coordinator.answer("nowhere", "ask", 1, by="ann")


@pytest.mark.parametrize("person", ["", "two\nlines", "x" * 201, 7])
def test_a_person_without_a_name_fails_the_step(desk: Desk, person: Any) -> None:
    found = {"name": "found", "wait_for": {"signal": "found"}}
    run_id = desk.begin(found, waits(person="$found", critical=False))

    desk.coordinator.signal(run_id, "found", person, by="the register")

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert "a name is one line of text, of at most 200" in desk.run(run_id).warnings[0]


def test_what_was_forgotten_before_it_was_opened_is_opened_by_maintenance(desk: Desk) -> None:
    run_id = desk.begin(waits("first", signal="go"), waits(person="ann", after=["first"]))
    desk.forgetful.signal(run_id, "go", by="ann")
    assert desk.states(run_id)["ask"] is StepState.READY

    def is_open() -> bool:
        desk.maintenance.sweep()
        return desk.states(run_id)["ask"] is StepState.WAITING

    eventually(is_open)
    assert len(desk.log(run_id, "step.waiting")) == 2


def test_a_step_whose_condition_is_false_asks_nobody(desk: Desk) -> None:
    run_id = desk.begin(
        waits("first", signal="go", answer={"total": "number"}),
        waits(person="ann", when="first.total > 100"),
    )

    desk.coordinator.signal(run_id, "go", {"total": "99.90"}, by="the shop")

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert desk.states(run_id)["ask"] is StepState.SKIPPED


def test_a_timer_ends_by_itself_where_maintenance_runs(toy: Installation) -> None:
    run = toy.succeed([waits("pause", timer=0.5), note("then", "pause")])

    steps = toy.steps(run)
    assert steps["then"].started_at - steps["pause"].started_at >= dt.timedelta(seconds=0.5)
