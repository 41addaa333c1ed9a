"""A rate is never above its bound, in any window."""

import time

import pytest

from orchestrator.capacity.replies import Busy, Granted
from tests.capacity.asking import ask, rate

PER_SECOND, BURST = 50, 5


def test_in_no_window_more_is_granted_than_rate_and_burst(opened):
    semaphores = opened(rate("r", PER_SECOND, per=1, burst=BURST))
    deadline = time.monotonic() + 1.2
    while (now := time.monotonic()) < deadline:
        semaphores.acquire(ask(f"x{now}", r=1), park=False)

    granted = sorted(lease.since for lease in semaphores.leases("r"))

    assert len(granted) > BURST + PER_SECOND / 2, "it does come again"
    for first, begun in enumerate(granted):
        for count, ended in enumerate(granted[first:], start=1):
            # Redis says when, cut to a millisecond.
            assert count <= PER_SECOND * (ended - begun + 0.001) + BURST


def test_a_burst_is_all_that_is_granted_at_once(opened):
    semaphores = opened(rate("r", 1, per=1000, burst=3))

    answers = [semaphores.acquire(ask(f"x{number}", r=1), park=False) for number in range(5)]

    assert [type(answer) for answer in answers] == [Granted] * 3 + [Busy] * 2


@pytest.mark.parametrize(("units", "per"), [(3, 10), (7, 60), (1, 1000)])
def test_a_unit_comes_again_in_its_time_and_never_sooner(opened, units, per):
    semaphores = opened(rate("r", units, per=per, burst=1))
    semaphores.acquire(ask("x", r=1), park=False)

    answer = semaphores.acquire(ask("y", r=1), park=False)

    assert answer.retry_after == pytest.approx(per / units, abs=0.5)
