"""Who goes first: arrival, urgency, and a bound on how long anybody is passed."""

from dataclasses import replace

import pytest

from orchestrator.states import Priority
from tests.capacity.asking import ask, granted, park, pool, rate, take, token_of
from tests.capacity.records import dump, patch, set_time


@pytest.fixture
def full(opened):
    """One unit of `a`, taken by `x`."""
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    return semaphores


def drain(semaphores, grants):
    """Start and release one after the other; return the order in which they went."""
    order = []
    waiting = list(grants)
    while waiting:
        grant = waiting.pop(0)
        order.append(grant.id)
        semaphores.start(grant.id, grant.token, "s")
        waiting += semaphores.release(grant.id, grant.token).grants
    return order


def test_equals_go_in_the_order_of_their_arrival(full):
    for number in range(5):
        park(full, ask(f"y{number}", a=1))

    assert drain(full, full.release("x").grants) == [f"y{number}" for number in range(5)]


def test_the_urgent_go_before_those_who_came_sooner(full):
    for level in reversed(Priority):
        park(full, replace(ask(level.name, a=1), level=level))

    assert drain(full, full.release("x").grants) == [level.name for level in Priority]


def test_a_level_is_worth_a_minute_of_waiting(full, client):
    minutes_ago = dump(client).now_us - 150 * 1_000_000
    park(full, replace(ask("high", a=1), level=Priority.HIGH))
    park(full, replace(ask("low", a=1), level=Priority.LOW, arrived_us=minutes_ago))
    park(full, replace(ask("background", a=1), level=Priority.BACKGROUND, arrived_us=minutes_ago))

    assert drain(full, full.release("x").grants) == ["low", "high", "background"]


def test_who_is_parked_again_keeps_the_place_of_its_arrival(full, client):
    first = dump(client).now_us
    park(full, ask("y", a=1))

    park(full, replace(ask("again", a=1), arrived_us=first))

    assert granted(full.release("x")) == ["again"]


def test_nobody_arrives_in_the_future(full, client):
    park(full, replace(ask("y", a=1), arrived_us=2**52))
    park(full, ask("z", a=1))

    assert granted(full.release("x")) == ["y"]
    assert dump(client).requests["z"].arrived <= dump(client).now_us


def test_whoever_fits_passes_who_does_not(opened):
    semaphores = opened(pool("a", 3))
    take(semaphores, ask("x", a=2))
    park(semaphores, ask("large", a=3))

    take(semaphores, ask("small", a=1))


def test_a_large_request_is_passed_a_bounded_number_of_times(opened):
    semaphores = opened(pool("a", 3), skips=4)
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("large", a=3))
    for number in range(4):
        take(semaphores, ask(f"y{number}", a=1))
        semaphores.release(f"y{number}")

    park(semaphores, ask("one-too-many", a=1))

    assert granted(semaphores.release("x")) == ["large"]


def test_who_has_waited_long_enough_is_passed_by_nobody(opened, client):
    semaphores = opened(pool("a", 3), starve=60)
    take(semaphores, ask("x", a=1))
    park(semaphores, replace(ask("large", a=3), arrived_us=dump(client).now_us - 61_000_000))

    park(semaphores, ask("small", a=1))

    assert granted(semaphores.release("x")) == ["large"]


def test_of_those_of_one_moment_nobody_takes_what_is_kept_for_another(opened, client):
    semaphores = opened(pool("a", 3), pool("b", 1), starve=0)
    moment = dump(client).now_us // 1000 * 1000  # they starve by whole ms
    take(semaphores, ask("x", a=2))
    park(semaphores, replace(ask("large", a=3), arrived_us=moment))

    park(semaphores, replace(ask("small", a=1, b=1), arrived_us=moment))

    assert granted(semaphores.release("x")) == ["large"]


def test_a_reservation_takes_no_more_than_is_asked_for(opened):
    semaphores = opened(pool("a", 1), pool("b", 3), skips=0)
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("starves", a=1, b=1))

    token_of(semaphores.acquire(ask("beyond-it", b=2), park=True))
    park(semaphores, ask("a-part-of-it", b=1))


def test_a_reservation_is_on_all_resources_and_an_earlier_one_ends_all_of_it(opened, client):
    semaphores = opened(pool("a", 2), pool("b", 2), skips=0)
    take(semaphores, ask("x", a=1, b=1))
    park(semaphores, ask("later", a=2, b=2))
    assert {semaphores.usage(name).champion for name in "ab"} == {"later"}

    park(semaphores, replace(ask("sooner", b=2), arrived_us=dump(client).now_us - 10**7))

    assert [semaphores.usage(name).champion for name in "ab"] == ["", "sooner"]


def test_what_was_kept_for_who_is_dethroned_is_granted_at_once(opened, client):
    semaphores = opened(pool("a", 2), pool("b", 2), skips=0)
    take(semaphores, ask("x", a=1, b=1))
    park(semaphores, ask("later", a=2, b=2))
    park(semaphores, ask("waits", a=1))

    sooner = replace(ask("sooner", b=2), arrived_us=dump(client).now_us - 10**7)

    assert granted(semaphores.acquire(sooner, park=True)) == ["waits"]


def test_where_order_counts_nobody_passes_the_first(opened):
    semaphores = opened(pool("a", 3, order="fifo"))
    take(semaphores, ask("x", a=2))
    park(semaphores, ask("large", a=3))
    park(semaphores, ask("small", a=1))

    assert granted(semaphores.release("x")) == ["large"]


def test_who_stands_behind_many_that_wait_for_something_else_is_found(opened):
    semaphores = opened(pool("a", 2), pool("closed", 1), scan=8, deep=16, skips=10**6)
    take(semaphores, ask("x", a=2))
    take(semaphores, ask("y", closed=1))
    for number in range(100):
        park(semaphores, ask(f"blocked{number}", a=1, closed=1))
    park(semaphores, ask("fits", a=1))

    assert granted(semaphores.release("x")) == [], "further behind than a release looks"
    found = [granted(semaphores.sweep()) for _ in range(100 * 2 // 16 + 2)]

    assert [names for names in found if names] == [["fits"]]


def test_who_stands_behind_forty_of_the_same_resource_is_found_at_once(opened):
    semaphores = opened(pool("a", 2), pool("closed", 1), skips=10**6)
    take(semaphores, ask("x", a=2))
    take(semaphores, ask("y", closed=1))
    for number in range(40):
        park(semaphores, ask(f"blocked{number}", a=1, closed=1))
    park(semaphores, ask("fits", a=1))

    assert granted(semaphores.release("x")) == ["fits"]


def test_a_rate_serves_who_waits_when_its_time_has_come(opened, client):
    semaphores = opened(rate("r", 1, per=100, burst=1))
    take(semaphores, ask("x", r=1))
    park(semaphores, ask("y", r=1))
    assert 90 < semaphores.sweep().wake_after <= 101
    patch(client, "r", "TAT", 1)
    set_time(client, "timers", "r", 1)

    assert granted(semaphores.sweep()) == ["y"]


def test_a_quota_that_was_never_used_comes_back(opened, client):
    semaphores = opened(pool("a", 1), rate("r", 1, per=1000, burst=1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1, r=1))
    semaphores.release("x")
    assert semaphores.usage("r").used == 1

    semaphores.cancel("y")

    assert semaphores.usage("r").used == 0
