"""When a burst ends."""

import pytest

from orchestrator import burst
from orchestrator.burst import Burst
from orchestrator.states import Priority


def made(*, outranked: bool = False) -> Burst:
    return Burst("toy", Priority.NORMAL, lambda: outranked)


def test_it_is_of_fifty_steps_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_SECONDS", 60)
    asked = made()

    assert [asked.goes_on() for _ in range(51)] == [True] * 49 + [False] * 2


def test_it_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_SECONDS", -1)

    assert not made().goes_on()


def test_it_ends_where_a_more_urgent_message_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_ASK_SECONDS", 0)

    assert not made(outranked=True).goes_on()
    assert made().goes_on()


def test_steps_of_no_time_are_not_asked_about_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burst, "_ASK_SECONDS", 60)

    assert made(outranked=True).goes_on()
