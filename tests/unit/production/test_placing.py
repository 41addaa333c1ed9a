"""Forward scheduling: within the opening hours, never more at once than there are places."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scheduling.contracts import Operation, OperationState, WorkCentre
from tasks.scheduling.opening_hours import NeverOpen, end_of, first_open, shifts, span
from tasks.scheduling.placing import ShopFloor, Slot, Unplaceable, most_at_once, place, slot_of

MONDAY = dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC)
DUE = dt.date(2026, 12, 31)


def centre(name="wire", *, places=1, hours="8", **more):
    more.setdefault("opens", dt.time(7))
    return WorkCentre(id=name, name=name, hours_a_day=Decimal(hours), places=places, **more)


def operation(name, hours="2", *, at="wire", after=(), start=None, state="waiting"):
    return Operation(
        id=name,
        order="order:1",
        name=name,
        state=OperationState(state),
        work_centre=at,
        hours=Decimal(hours),
        start=start,
        due=DUE,
        after=tuple(after),
    )


def floor(*centres, taken=()):
    return ShopFloor({one.id: one for one in centres or (centre(),)}, tuple(taken))


def told(slots):
    return [f"{s.operation} {s.start:%a %H:%M} - {s.end:%a %H:%M}" for s in slots]


def test_operations_follow_each_other_through_the_opening_hours():
    found = place(
        [operation("cut", "3"), operation("bend", "6", after=["cut"])], floor(), earliest=MONDAY
    )

    assert told(found) == ["cut Mon 07:00 - Mon 10:00", "bend Mon 10:00 - Tue 08:00"]


def test_what_does_not_fit_before_the_weekend_goes_on_after_it():
    friday = MONDAY + dt.timedelta(days=4, hours=6)

    assert told(place([operation("coat", "4")], floor(), earliest=friday)) == [
        "coat Fri 13:00 - Mon 09:00"
    ]


def test_a_full_work_centre_is_waited_for_and_a_place_that_is_free_is_taken():
    taken = [Slot(operation="x", work_centre="wire", start=MONDAY, end=MONDAY + span(Decimal(5)))]

    one = place([operation("a")], floor(centre(places=1), taken=taken), earliest=MONDAY)
    two = place([operation("a")], floor(centre(places=2), taken=taken), earliest=MONDAY)

    assert told(one) == ["a Mon 12:00 - Mon 14:00"]
    assert told(two) == ["a Mon 07:00 - Mon 09:00"]


def test_a_gap_that_is_too_short_is_left():
    later = MONDAY + dt.timedelta(hours=3)
    taken = [Slot(operation="x", work_centre="wire", start=later, end=later + span(Decimal(2)))]

    found = place([operation("a", "4"), operation("b", "3")], floor(taken=taken), earliest=MONDAY)

    assert told(found) == ["a Mon 12:00 - Tue 08:00", "b Mon 07:00 - Mon 10:00"]


def test_what_is_placed_stays_and_what_is_done_asks_for_nothing():
    at = MONDAY + dt.timedelta(hours=1)
    operations = [
        operation("done", state="done", start=MONDAY),
        operation("placed", start=at, after=["done"]),
        operation("new", after=["placed"]),
    ]

    found = place(operations, floor(), earliest=MONDAY)

    assert told(found) == ["new Mon 10:00 - Mon 12:00"]
    assert slot_of(operations[0], floor()) is None


def test_operations_in_a_circle_and_unknown_work_centres_are_refused():
    with pytest.raises(Unplaceable, match="'a', 'b' wait for each other"):
        place([operation("a", after=["b"]), operation("b", after=["a"])], floor(), earliest=MONDAY)
    with pytest.raises(Unplaceable, match="'oven', which is none of wire"):
        place([operation("a", at="oven")], floor(), earliest=MONDAY)


@pytest.mark.parametrize("closed", [{"hours": "0"}, {"days": ()}])
def test_a_work_centre_that_never_opens_is_named(closed):
    with pytest.raises(NeverOpen, match="'wire' is never open"):
        first_open(centre(**closed), MONDAY)


def test_a_day_on_which_the_clocks_are_set_has_as_many_hours_of_work():
    night = centre(zone="Europe/Helsinki", opens=dt.time(0), days=(7,))
    before = dt.datetime(2026, 10, 24, tzinfo=dt.UTC)

    opens, closes = next(shifts(night, before))

    assert (opens.isoformat(), closes.isoformat()) == (
        "2026-10-24T21:00:00+00:00",
        "2026-10-25T05:00:00+00:00",
    )


def test_a_centre_that_never_closes_does_no_hour_twice_when_the_clocks_are_set():
    always = centre(zone="Europe/Helsinki", hours="24", days=(1, 2, 3, 4, 5, 6, 7))
    spring = dt.datetime(2026, 3, 27, tzinfo=dt.UTC)

    assert end_of(always, spring, Decimal(72)) == spring + dt.timedelta(hours=72)


CENTRES = st.builds(
    lambda places, hours, days, opens, zone: centre(
        places=places, hours=str(hours), days=tuple(sorted(days)), opens=opens, zone=zone
    ),
    st.integers(1, 3),
    st.sampled_from(["0.5", "7.5", "8", "16", "24"]),
    st.sets(st.integers(1, 7), min_size=1),
    st.times().map(lambda time: time.replace(microsecond=0)),
    st.sampled_from(["UTC", "Europe/Helsinki", "Pacific/Auckland"]),
)
MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda moment: moment.replace(microsecond=0, tzinfo=dt.UTC)
)
HOURS = st.decimals("0.1", 30, places=1).map(str)


def open_time(at, start, end):
    """Count the time a work centre is open between two moments, shift by shift."""
    total = dt.timedelta()
    for opens, closes in shifts(at, start):
        if opens >= end:
            return total
        total += min(closes, end) - max(opens, start)
    return total


@given(CENTRES, st.lists(HOURS, min_size=1, max_size=8), MOMENTS, st.booleans())
def test_never_more_at_once_than_there_are_places(at, lengths, earliest, in_a_chain):
    shop = floor(at)
    slots = []
    for number, hours in enumerate(lengths):
        after = [f"o{number - 1}"] if in_a_chain and number else []
        known = [operation(f"o{n}", h, start=s.start) for n, (h, s) in
                 enumerate(zip(lengths, slots, strict=False))]  # fmt: skip
        new = operation(f"o{number}", hours, after=after)
        slots += place([*known, new] if after else [new],
                       floor(at, taken=slots), earliest=earliest)  # fmt: skip

    assert len(slots) == len(lengths)
    for slot, hours in zip(slots, lengths, strict=True):
        assert slot.start >= earliest
        assert first_open(at, slot.start) == slot.start, "it begins while it is open"
        assert open_time(at, slot.start, slot.end) == span(Decimal(hours))
        assert end_of(shop.centres["wire"], slot.start, Decimal(hours)) == slot.end
    for slot in slots:
        assert most_at_once(slots, slot.start, slot.end) <= at.places
    if in_a_chain:
        assert all(one.end <= other.start for one, other in pairwise(slots))


@given(CENTRES, st.lists(st.tuples(MOMENTS, HOURS), max_size=6), HOURS, MOMENTS)
def test_no_earlier_begin_would_do(at, others, hours, earliest):
    """Held against trying every hour from the earliest one on."""
    taken = [
        Slot(operation=f"x{n}", work_centre="wire", start=s, end=end_of(at, s, Decimal(h)))
        for n, (s, h) in enumerate(others)
    ]

    (slot,) = place([operation("a", hours)], floor(at, taken=taken), earliest=earliest)

    moment = first_open(at, earliest)
    tries = 0
    while moment < slot.start and tries < 200:
        if first_open(at, moment) == moment:
            end = end_of(at, moment, Decimal(hours))
            assert most_at_once(taken, moment, end) >= at.places, moment
        moment += dt.timedelta(minutes=47)
        tries += 1
