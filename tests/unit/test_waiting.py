"""When a step that waits goes on: timers, escalations, deadlines, and what is said of them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.definition.wait_for import WaitFor
from orchestrator.definition.waiting import end_of_timer, in_words, next_move, what_is_due
from orchestrator.errors import InputMismatch

NOW = dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ASK = WaitFor.model_validate(
    {
        "person": "ann",
        "deadline": "5 h",
        "escalate": [{"after": "3 h", "priority": "high"}, {"after": "1 h", "priority": "low"}],
    }
)


@pytest.mark.parametrize(
    ("timer", "end"),
    [
        (3600, NOW + HOUR),
        (3600.0, NOW + HOUR),
        ("3600", NOW + HOUR),
        ("1 h", NOW + HOUR),
        ("PT1H", NOW + HOUR),
        ("2026-01-31T13:00:00+02:00", NOW + HOUR),
        ("2026-01-31T11:00:00Z", NOW + HOUR),
        (-3600, NOW - HOUR),
        (0, NOW),
    ],
)
def test_a_timer_ends_after_a_length_or_at_a_time(timer: object, end: dt.datetime) -> None:
    assert end_of_timer(timer, NOW) == end


@pytest.mark.parametrize(
    "timer", ["soon", "2026-01-31", "2026-01-31T11:00:00", "", True, None, [1], {"days": 1}]
)
def test_what_is_no_time_is_refused_as_it_is(timer: object) -> None:
    with pytest.raises(InputMismatch) as refused:
        end_of_timer(timer, NOW)

    assert str(refused.value).startswith(f"{timer!r} is nothing to wait for")


@pytest.mark.parametrize("timer", [1e300, "inf", "nan", 200 * 365 * 86400])
def test_a_timer_that_no_date_can_hold_is_refused(timer: object) -> None:
    with pytest.raises(InputMismatch, match="longer than 36500 d: let it end at a date"):
        end_of_timer(timer, NOW)


def test_escalations_come_in_the_order_of_their_times_and_then_the_deadline() -> None:
    assert [next_move(ASK, NOW, made) for made in range(3)] == [
        NOW + HOUR,
        NOW + 3 * HOUR,
        NOW + 5 * HOUR,
    ]


def test_where_nothing_ever_happens_nothing_is_due() -> None:
    waits = WaitFor(signal="paid")

    assert next_move(waits, NOW, 0) is None
    assert what_is_due(waits, NOW, 0, NOW + 1000 * HOUR) == "nothing"


def test_a_deadline_comes_before_escalations_that_were_slept_through() -> None:
    assert what_is_due(ASK, NOW, 0, NOW + 5 * HOUR) == "missed"
    assert what_is_due(ASK, NOW, 0, NOW + 4 * HOUR) == "escalate"
    assert what_is_due(ASK, NOW, 2, NOW + 4 * HOUR) == "nothing"


@given(looks=st.lists(st.floats(min_value=0, max_value=6), max_size=30))
def test_whenever_one_looks_each_escalation_is_made_once_and_the_deadline_ends_it(
    looks: list[float],
) -> None:
    made, last = 0, 0.0
    for hours in [*sorted(looks), 6.0]:
        while (due := what_is_due(ASK, NOW, made, NOW + hours * HOUR)) == "escalate":
            assert hours < 5
            made += 1
        last = hours
        if due == "missed":
            break
        assert made == sum(hours >= after for after in (1, 3))
    assert last >= 5
    assert made <= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            in_words("timer", "", since=NOW, until=NOW + HOUR),
            "until 2026-01-31 11:00:00 UTC",
        ),
        (
            in_words("signal", "paid", since=NOW, until=None),
            "for the signal paid since 2026-01-31 10:00:00 UTC",
        ),
        (
            in_words("person", "sales", since=NOW, until=NOW + HOUR, holder="ann"),
            "for the answer of sales (ann is on it) since 2026-01-31 10:00:00 UTC, "
            "until 2026-01-31 11:00:00 UTC",
        ),
        (
            in_words("agent", "review", since=NOW, until=None),
            "for an agent that can review since 2026-01-31 10:00:00 UTC",
        ),
    ],
)
def test_what_is_waited_for_is_said_in_words(words: str, said: str) -> None:
    assert words == said
