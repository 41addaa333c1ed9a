"""Waiting in the caller's own thread."""

import threading
import time

import pytest

from orchestrator.capacity.refusals import PermitUnavailable
from orchestrator.capacity.replies import State
from tests.capacity.asking import ask, granted, park, pool, take
from tests.waiting import eventually


@pytest.fixture
def full(opened):
    """One unit of `a`, taken by `x`."""
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    return semaphores


def test_what_is_free_is_not_waited_for(opened):
    semaphores = opened(pool("a", 1))

    begun = time.monotonic()
    semaphores.wait(ask("x", a=1), timeout=10)

    assert time.monotonic() - begun < 5


def test_who_waits_has_the_permit_soon_after_its_release(full):
    found = []
    waiter = threading.Thread(target=lambda: found.append(full.wait(ask("y", a=1), timeout=10)))
    waiter.start()
    eventually(lambda: full.usage("a").waiting == 1)

    assert granted(full.release("x")) == [], "nobody else is told"
    waiter.join()

    assert full.release("y", found[0].token).outcome == "released"


def test_who_was_not_granted_in_time_has_left_the_line(full):
    with pytest.raises(PermitUnavailable, match="'y' was not granted within 10 ms"):
        full.wait(ask("y", a=1), timeout=0.01)

    assert full.explain("y").state is State.UNKNOWN
    assert full.usage("a").waiting == 0


def test_who_leaves_the_line_hands_out_what_it_kept_from_others(opened):
    semaphores = opened(pool("a", 2, order="fifo"))
    take(semaphores, ask("x", a=1))
    late = threading.Timer(0.02, lambda: park(semaphores, ask("small", a=1)))
    late.start()

    with pytest.raises(PermitUnavailable) as refused:
        semaphores.wait(ask("large", a=2), timeout=0.3)

    late.join()
    assert granted(refused.value.grants) == ["small"]


def test_a_grant_nobody_asked_for_in_time_is_asked_for_anew(full, client, monkeypatch):
    asked = []
    start = full.start

    def slow(request_id, token, session):
        asked.append(request_id)
        if len(asked) == 1:
            # The thread was held up: meanwhile it was granted, and the grant withdrawn.
            full.release("x")
            full.cancel("y")
        return start(request_id, token, session)

    monkeypatch.setattr(full, "start", slow)

    full.wait(ask("y", a=1), timeout=10)

    assert full.explain("y").state is State.RUNNING
