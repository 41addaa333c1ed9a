"""Schedules name the times a person means, also on the two odd days of a year."""

import datetime as dt
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.definition.schedules import (
    MOST_CAUGHT_UP,
    CatchUp,
    Cron,
    Due,
    Every,
    due,
    last_times,
)
from orchestrator.errors import InvalidSchedule

HELSINKI = "Europe/Helsinki"  # forward on 2026-03-29 at 03:00, back on 2026-10-25 at 04:00
ZONES = [
    "UTC",
    HELSINKI,
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # moves by half an hour
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
EXPRESSIONS = ["30 3 * * *", "0 * * * *", "*/20 * * * *", "15 1-3 * * *", "0 9 * * 1-5", "@daily"]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def shown(rhythm: Cron, after: str, count: int) -> list[str]:
    """Return times as the clock on the wall shows them."""
    zone = ZoneInfo(rhythm.timezone)
    return [time.astimezone(zone).isoformat() for time in islice(rhythm.times(at(after)), count)]


def test_a_daily_time_keeps_to_the_clock_on_the_wall():
    nine = Cron("0 9 * * *", HELSINKI)

    assert shown(nine, "2026-03-28T00:00+02:00", 2) == [
        "2026-03-28T09:00:00+02:00",
        "2026-03-29T09:00:00+03:00",
    ]


@pytest.mark.parametrize("expression", ["30 3 * * *", "0 3 * * *", "0,30 3 * * *"])
def test_a_time_that_the_clocks_skip_is_taken_once_when_they_are_moved(expression):
    skipped, next_day = shown(Cron(expression, HELSINKI), "2026-03-28T12:00+02:00", 2)

    assert skipped == "2026-03-29T04:00:00+03:00"
    assert next_day.startswith("2026-03-30T03:")


def test_a_time_that_comes_twice_is_taken_the_first_time():
    assert shown(Cron("30 3 * * *", HELSINKI), "2026-10-24T12:00+03:00", 2) == [
        "2026-10-25T03:30:00+03:00",
        "2026-10-26T03:30:00+02:00",
    ]


@pytest.mark.parametrize(("expression", "count"), [("0 * * * *", 25), ("*/30 * * * *", 50)])
def test_an_hourly_schedule_goes_through_a_day_of_25_hours(expression, count):
    until = at("2026-10-26T00:00+02:00")
    times = Cron(expression, HELSINKI).times(at("2026-10-24T23:59+03:00"))

    assert len([time for time in islice(times, 60) if time < until]) == count


def test_minutes_of_one_hour_are_not_doubled_by_a_day_of_25_hours():
    assert shown(Cron("*/30 3 * * *", HELSINKI), "2026-10-25T02:00+03:00", 3) == [
        "2026-10-25T03:00:00+03:00",
        "2026-10-25T03:30:00+03:00",
        "2026-10-26T03:00:00+02:00",
    ]


@given(
    zone=st.sampled_from(ZONES),
    expression=st.sampled_from(EXPRESSIONS),
    later=st.timedeltas(dt.timedelta(0), dt.timedelta(days=5000)),
)
def test_times_rise_and_do_not_depend_on_where_one_begins(zone, expression, later):
    rhythm = Cron(expression, zone)
    times = list(islice(rhythm.times(at("2022-01-01T00:00+00:00") + later), 30))

    assert all(former < later for former, later in pairwise(times))
    assert all(next(rhythm.times(former)) == later for former, later in pairwise(times))


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("0 9 * *", "has 4 fields and needs five"),
        ("* * * * * *", "has 6 fields and needs five"),
        ("61 * * * *", "names no times"),
        ("0 0 31 2 *", "names no times"),
        ("@reboot", "names no times"),
        ("every day", "has 2 fields"),
        ("R 9 * * *", "drawn by lot"),
        ("0 h(1-5) * * *", "drawn by lot"),
    ],
)
def test_what_is_no_cron_expression_is_refused_with_a_sentence(expression, sentence):
    with pytest.raises(InvalidSchedule, match=sentence):
        Cron(expression)


@pytest.mark.parametrize("zone", ["Europe/Helsinky", "", "../etc/passwd", "EEST summer"])
def test_what_is_no_time_zone_is_refused(zone):
    with pytest.raises(InvalidSchedule, match="is no time zone: write such as 'Europe/Helsinki'"):
        Cron("@daily", zone)


def test_an_interval_keeps_its_distance_over_the_day_the_clocks_move():
    anchor = at("2026-03-28T00:00+02:00")
    times = islice(Every(6 * 3600, anchor).times(anchor), 8)

    assert {later - former for former, later in pairwise(times)} == {dt.timedelta(hours=6)}


def test_an_interval_stays_on_its_grid_whenever_it_is_asked():
    grid = Every(90, at("2026-01-01T00:00:00+00:00"))

    assert next(grid.times(at("2026-01-01T00:01:30+00:00"))) == at("2026-01-01T00:03:00+00:00")
    assert next(grid.times(at("2026-01-01T00:02:59+00:00"))) == at("2026-01-01T00:03:00+00:00")


def test_a_distance_shorter_than_maintenance_can_keep_is_refused():
    with pytest.raises(InvalidSchedule, match=r"every 0\.5 s is too often"):
        Every(0.5, at("2026-01-01T00:00+00:00"))


HOURLY = Cron("0 * * * *")
SINCE = at("2026-05-01T09:00+00:00")


@pytest.mark.parametrize("policy", CatchUp)
def test_a_time_that_has_just_come_gets_a_run_whatever_the_policy(policy):
    found = due(HOURLY, policy, since=SINCE, now=SINCE + dt.timedelta(seconds=1))

    assert found == Due((SINCE,), next_at=at("2026-05-01T10:00+00:00"))


@pytest.mark.parametrize(
    ("policy", "hours"), [(CatchUp.NONE, ()), (CatchUp.LATEST, (12,)), (CatchUp.ALL, range(9, 13))]
)
def test_missed_times_are_caught_up_by_policy(policy, hours):
    found = due(HOURLY, policy, since=SINCE, now=at("2026-05-01T12:30+00:00"))

    assert found.times == tuple(at(f"2026-05-01T{hour:02}:00+00:00") for hour in hours)
    assert found.next_at == at("2026-05-01T13:00+00:00")
    assert not found.is_cut


def test_without_catching_up_the_time_that_is_now_still_gets_its_run():
    found = due(HOURLY, CatchUp.NONE, since=SINCE, now=at("2026-05-01T12:00:05+00:00"))

    assert found.times == (at("2026-05-01T12:00+00:00"),)


def test_more_than_can_be_caught_up_is_cut_to_the_last_ones_and_says_so():
    found = due(Cron("* * * * *"), CatchUp.ALL, since=SINCE, now=SINCE + dt.timedelta(days=400))

    assert len(found.times) == MOST_CAUGHT_UP
    assert found.times[-1] == SINCE + dt.timedelta(days=400)
    assert found.is_cut


def test_a_time_that_a_zones_new_rules_moved_is_not_lost():
    found = due(
        HOURLY, CatchUp.LATEST, since=at("2026-05-01T09:20+00:00"), now=SINCE.replace(minute=30)
    )

    assert found.times == (at("2026-05-01T09:20+00:00"),)


@given(
    rhythm=st.sampled_from([Cron("0 9 * * 1", HELSINKI), Cron("*/7 8-16 * * *", HELSINKI)])
    | st.floats(1, 1e6).map(lambda seconds: Every(seconds, SINCE)),
    length=st.timedeltas(dt.timedelta(0), dt.timedelta(days=30)),
    most=st.integers(1, 5),
)
def test_the_last_times_are_found_without_going_through_all(rhythm, length, most):
    since = next(rhythm.times(SINCE))
    until = since + length
    slowly = [since]
    for time in islice(rhythm.times(since), 3000):
        if time > until:
            break
        slowly.append(time)
    else:
        return  # too many to go through here

    assert last_times(rhythm, since=since, until=until, most=most) == tuple(slowly[-most:])
