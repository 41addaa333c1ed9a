"""The clock goes by what the ledger said last, and by a count that nobody sets."""

import datetime as dt
from collections.abc import Iterator

import pytest

from orchestrator import clock

NOON = dt.datetime(2030, 5, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The count of seconds, to be moved; this process has heard no ledger."""
    passed = [0.0]
    monkeypatch.setattr(clock, "_agreed", None)
    monkeypatch.setattr(clock, "_count", lambda: passed[0])
    return passed


def test_before_it_hears_the_ledger_it_goes_by_the_host() -> None:
    assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


def test_what_the_ledger_said_is_counted_on(count: list[float]) -> None:
    clock.agree(NOON)
    count[0] = 90.5

    assert clock.now() == NOON + dt.timedelta(seconds=90.5)


def test_a_ledger_whose_clock_goes_on_was_not_set(count: list[float]) -> None:
    clock.agree(NOON)
    count[0] = 60
    clock.agree(NOON + dt.timedelta(seconds=61))

    assert not clock.was_set_within(10)


@pytest.mark.parametrize("step", [-60, 60])
def test_a_ledger_whose_clock_was_set_is_noticed_for_so_long(
    count: list[float], step: float
) -> None:
    clock.agree(NOON)
    count[0] = 5
    clock.agree(NOON + dt.timedelta(seconds=5 + step))

    assert clock.was_set_within(10)
    assert clock.now() == NOON + dt.timedelta(seconds=5 + step)
    count[0] = 16
    assert not clock.was_set_within(10)


def test_a_ledger_that_says_whole_milliseconds_does_not_turn_the_time_back(
    count: list[float],
) -> None:
    clock.agree(NOON)
    count[0] = 0.0017
    before = clock.now()

    clock.agree(NOON + dt.timedelta(milliseconds=1))

    assert clock.now() == before


def test_one_that_is_behind_by_more_is_believed(count: list[float]) -> None:
    clock.agree(NOON)
    count[0] = 10
    clock.agree(NOON + dt.timedelta(seconds=9.99))

    assert clock.now() == NOON + dt.timedelta(seconds=9.99)
