from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from orchestrator.definition.durations import LONGEST, Duration, seconds, words

DURATION = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (90, 90),
        (0.5, 0.5),
        ("90 s", 90),
        ("15 min", 900),
        ("1 h 30 min", 5400),
        ("1h30min", 5400),
        (" 2 days ", 2 * 86400),
        ("1.5 hours", 5400),
        ("3 weeks 1 day", 22 * 86400),
        ("P3D", 3 * 86400),
        ("PT90M", 5400),
        (timedelta(minutes=2), 120),
    ],
)
def test_a_length_is_read_as_people_write_it(written, length):
    assert DURATION.validate_python(written) == length


@pytest.mark.parametrize(
    "written", ["soon", "", "3", "3 months", "-3 days", "3 days ago", "P", "PX", "P3M", "3 D"]
)
def test_what_is_no_length_is_refused_with_the_way_to_write_one(written):
    with pytest.raises(ValueError, match="is no length of time: write seconds, or such as") as told:
        seconds(written)

    assert repr(written) in str(told.value)


@pytest.mark.parametrize(
    "written", [0, -1, "0 s", LONGEST + 1, "101 years", "5300 weeks", float("nan"), "P-1D", None]
)
def test_a_length_is_positive_and_ends_before_a_date_would_overflow(written):
    with pytest.raises(ValidationError):
        DURATION.validate_python(written)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 999),
            st.sampled_from([("s", 1), ("min", 60), ("h", 3600), ("days", 86400), ("w", 604800)]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_parts_of_a_length_add_up_in_any_order(parts):
    text = " ".join(f"{count} {unit}" for count, (unit, _) in parts)

    assert seconds(text) == sum(count * size for count, (_, size) in parts)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=3000)))
def test_what_a_timedelta_writes_is_read_back(length):
    iso = TypeAdapter(timedelta).dump_python(length, mode="json")

    assert seconds(iso) == pytest.approx(length.total_seconds())


@given(st.integers(1, int(LONGEST)))
def test_words_are_read_back_as_the_same_length_to_their_second_unit(length):
    said = words(length)
    read = seconds(said)

    assert isinstance(read, float)
    assert 0 <= length - read < max(1, length / 23)
    assert len(said.split()) in (2, 4)


@pytest.mark.parametrize(
    ("length", "said"),
    [(0.25, "0.2 s"), (0, "0.0 s"), (-5, "0.0 s"), (59.6, "1 min"), (86700, "1 d 5 min")],
)
def test_the_shortest_lengths_have_words_too(length, said):
    assert words(length) == said
