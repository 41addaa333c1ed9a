from datetime import timedelta

import pytest
from pydantic import ValidationError

from orchestrator.definition.wait_for import WaitFor
from orchestrator.states import Priority


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"timer": "3 days"}, "timer"),
        ({"signal": "payment_received"}, "signal"),
        ({"person": "head of sales"}, "person"),
        ({"agent": "$plan.skill"}, "agent"),
    ],
)
def test_a_wait_is_of_the_kind_that_is_named(fields, kind):
    assert WaitFor.model_validate(fields).kind == kind


@pytest.mark.parametrize(
    ("written", "timer"),
    [
        ("3 days", 3 * 86400.0),
        (90, 90.0),
        (timedelta(hours=1), 3600.0),
        ("$offer.due", "$offer.due"),
        ("2030-01-31T08:00:00+02:00", "2030-01-31T08:00:00+02:00"),
        ("2030-01-31T06:00:00Z", "2030-01-31T06:00:00Z"),
    ],
)
def test_a_timer_is_a_length_a_date_with_its_zone_or_a_reference(written, timer):
    wait = WaitFor(timer=written)

    assert wait.timer == timer
    assert WaitFor.model_validate_json(wait.model_dump_json()) == wait


@pytest.mark.parametrize("written", ["3 dys", "2030-01-31", "2030-01-31T08:00:00", "", '5"'])
def test_a_timer_that_is_none_of_them_is_refused(written):
    with pytest.raises(ValidationError, match="is no time: write a length such as '15 min'"):
        WaitFor(timer=written)


@pytest.mark.parametrize("written", [0, -1, "0 s", [], "200 years"])
def test_a_timer_has_a_length(written):
    with pytest.raises(ValidationError):
        WaitFor(timer=written)


def test_what_happens_at_the_deadline_and_before_is_read_as_it_is_written():
    wait = WaitFor.model_validate(
        {
            "person": "head of sales",
            "answer": {"approved": "boolean"},
            "deadline": "2 days",
            "on_deadline": {"approved": False},
            "escalate": [{"after": "1 day", "priority": "high", "notify": {"task": "a.b"}}],
        }
    )

    assert wait.deadline == 2 * 86400
    assert wait.on_deadline == {"approved": False}
    assert wait.escalate[0].priority is Priority.HIGH
    assert wait.escalate[0].notify is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "it waits for nothing: name exactly one of timer, signal, person, agent"),
        ({"timer": 1, "signal": "go"}, "it waits for timer and signal: name exactly one of"),
        ({"timer": 1, "deadline": 2}, "a timer has no answer, deadline or escalation"),
        ({"signal": "Go on"}, "should match pattern"),
        ({"person": ""}, "at least 1 character"),
        ({"agent": ""}, "at least 1 character"),
        (
            {"signal": "go", "escalate": [{"after": 1}]},
            "an escalation needs a notify, a priority, or both",
        ),
        (
            {"signal": "go", "deadline": 1, "on_deadline": "stop"},
            "'stop' is neither fail, skip nor the fields of an answer",
        ),
        (
            {"signal": "go", "deadline": 1, "on_deadline": ["x"]},
            r"\['x'\] is neither fail, skip nor the fields of an answer",
        ),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(ValidationError, match=sentence):
        WaitFor.model_validate(fields)
