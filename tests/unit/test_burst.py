"""When a burst ends."""

import pytest

from orchestrator import burst
from orchestrator.burst import Burst
from orchestrator.states import Priority


def made(*, outranked: bool = False, awaited: bool = False) -> Burst:
    return Burst("toy", Priority.NORMAL, lambda: outranked, lambda: awaited)


def test_it_is_of_fifty_steps_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_SECONDS", 60)
    asked = made()

    assert [asked.goes_on() for _ in range(51)] == [True] * 49 + [False] * 2


def test_it_ends_when_its_time_is_over_and_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_SECONDS", -1)

    assert not made(awaited=True).goes_on()
    assert made().goes_on()


def test_who_does_not_keep_others_waiting_does_not_go_on_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(burst, "_LONGEST_SECONDS", -1)

    assert not made().goes_on()


def test_it_ends_where_a_more_urgent_message_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_ASK_SECONDS", 0)

    assert not made(outranked=True).goes_on()
    assert made().goes_on()


def test_one_that_has_ended_does_not_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_ASK_SECONDS", 0)
    urgent = [True]
    ended = Burst("toy", Priority.NORMAL, lambda: urgent[0], lambda: False)

    assert not ended.goes_on()
    urgent[0] = False
    assert not ended.goes_on()


def test_steps_of_no_time_are_not_asked_about_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_ASK_SECONDS", 60)

    assert made(outranked=True).goes_on()
