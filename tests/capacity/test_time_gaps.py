"""A gap in time is not death: Redis was away, all sweepers were, or the clock was set."""

import pytest

from orchestrator.capacity.keys import key
from tests.capacity.asking import ask, park, pool, rate, take
from tests.capacity.records import dump, patch, set_time

TTL = 10.0
HOUR = 3600.0


@pytest.fixture
def moved(client):
    """`moved(seconds)`: let it be so long after the last sweep; with all that has a time."""

    def move(semaphores, seconds, *names):
        semaphores.sweep()
        by = -round(seconds * 1000)
        client.hincrby(key("main", "meta"), "swept", by)
        for name in ("sessions", *names):
            for member in client.zrange(key("main", name), 0, -1):
                client.zincrby(key("main", name), by, member)

    return move


@pytest.fixture
def working(opened):
    """`x` of a session with a lease of ten seconds holds `a`, and `y` waits."""
    semaphores = opened(pool("a", 1, max_hold=30))
    semaphores.end_session("t")
    semaphores.beat(["s"], ttl=TTL)
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    return semaphores


def test_after_a_gap_every_session_has_its_whole_lease_anew(working, moved):
    moved(working, HOUR, "holds")

    swept = working.sweep()

    assert swept.gap == pytest.approx(HOUR, abs=1)
    assert swept.suspects == ()
    (lease,) = working.leases()
    assert lease.remaining == pytest.approx(TTL, abs=1)


def test_a_gap_is_more_than_half_of_the_shortest_lease(working, moved):
    moved(working, TTL * 0.4)
    assert working.sweep().gap == 0

    moved(working, TTL * 0.6)
    assert working.sweep().gap == pytest.approx(TTL * 0.6, abs=1)


def test_a_short_lease_keeps_no_longer_one_alive(working, moved, client):
    working.beat(["brief"], ttl=0.1)
    set_time(client, "sessions", "s", 1)
    client.hincrby(key("main", "meta"), "swept", -1000)

    swept = working.sweep()

    assert swept.gap > 0
    assert [one.id for one in swept.suspects] == ["x"]


def test_whoever_stays_silent_after_a_gap_is_suspect(working, moved, client):
    moved(working, HOUR)
    working.sweep()
    set_time(client, "sessions", "s", 1)

    assert [one.id for one in working.sweep().suspects] == ["x"]


def test_a_grant_has_its_time_to_start_anew(working, moved):
    working.release("x")
    moved(working, HOUR, "deadlines")

    assert working.sweep().late == ()


def test_a_clock_that_goes_back_makes_no_lease_longer(working, moved, client):
    moved(working, -HOUR, "holds")

    swept = working.sweep()

    assert swept.gap == pytest.approx(-HOUR, abs=1)
    (lease,) = working.leases()
    assert lease.remaining == pytest.approx(TTL, abs=1)
    after = dump(client)
    assert after.holds["x"] - after.now_us / 1000 == pytest.approx(30_000, abs=1000)


def test_a_clock_that_goes_back_closes_no_rate(opened, moved, client):
    semaphores = opened(rate("r", 1, per=10, burst=2))
    take(semaphores, ask("x", r=2))
    park(semaphores, ask("y", r=2))
    moved(semaphores, -HOUR, "timers")
    patch(client, "r", "TAT", dump(client).now_us + HOUR * 1e6)

    assert 0 < semaphores.sweep().wake_after <= 20.001  # in whole ms, and not too early
    assert 0 < semaphores.explain("y").wait.remaining <= 20.01
    assert semaphores.usage("r").used == 2


def test_a_clock_that_goes_back_ends_a_block_in_its_time(opened, moved, client):
    semaphores = opened(pool("a", 1))
    semaphores.block("a", 30)
    patch(client, "a", "BLOCKED", dump(client).now_us + (HOUR + 30) * 1e6)
    moved(semaphores, -HOUR)

    semaphores.sweep()

    assert semaphores.usage("a").blocked_for == pytest.approx(30, abs=1)


def test_a_clock_that_goes_back_delays_no_message(working, moved):
    working.release("x")
    moved(working, -HOUR, "outbox", "deadlines")

    working.sweep(republish_after=HOUR)

    assert [one.id for one in working.sweep(republish_after=-1).republish] == ["y"]
