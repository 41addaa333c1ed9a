"""Limits that change while they are used, and what is seen of them."""

import pytest

from orchestrator.capacity.refusals import InvalidAmount, UnknownResource
from orchestrator.capacity.replies import State
from orchestrator.capacity.views import Cause
from tests.capacity.asking import LONG, ask, granted, lock, park, pool, rate, take
from tests.capacity.records import dump, patch, set_time


def test_registered_as_it_is_nothing_happens(opened, client):
    resources = (pool("a", 3), rate("r", 7, per=3, burst=2), lock("l"))
    fair = pool("f", 2, fair=True, weights={"x": 3, "y": 0.5})
    semaphores = opened(*resources, fair)
    before = client.hget("orchestrator:{main}:meta", "op")

    assert not any(semaphores.register(one).changed for one in (*resources, fair))

    assert client.hget("orchestrator:{main}:meta", "op") == before


def test_a_changed_resource_keeps_what_is_used(opened):
    semaphores = opened(pool("a", 3))
    take(semaphores, ask("x", a=2))

    assert semaphores.register(pool("a", 5)).changed

    assert (semaphores.usage("a").capacity, semaphores.usage("a").used) == (5, 2)


def test_an_operators_capacity_goes_before_a_changed_one(opened):
    semaphores = opened(pool("a", 3))
    semaphores.set_capacity("a", 1)

    semaphores.register(pool("a", 9), effective=1)

    assert semaphores.usage("a").capacity == 1


def test_weights_change_with_the_resource(opened, client):
    semaphores = opened(pool("f", 1, fair=True, weights={"x": 3, "y": 2}))

    assert semaphores.register(pool("f", 1, fair=True, weights={"x": 4})).changed

    assert client.hgetall("orchestrator:{main}:weights") == {b"f\0x": b"4.0"}


def test_a_raised_capacity_is_granted_in_order(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    for name in ("y", "z", "last"):
        park(semaphores, ask(name, a=1))

    assert granted(semaphores.set_capacity("a", 3)) == ["y", "z"]


def test_a_lowered_capacity_takes_nothing_away_and_grants_nothing(opened):
    semaphores = opened(pool("a", 3))
    for name in ("x", "y", "z"):
        take(semaphores, ask(name, a=1))
    park(semaphores, ask("next", a=1))

    assert semaphores.set_capacity("a", 2).over_by == 1

    assert semaphores.usage("a").over_by == 1
    assert granted(semaphores.release("x")) == []
    assert granted(semaphores.release("y")) == ["next"]


def test_who_waits_for_more_than_there_is_now_is_named_until_it_is_cancelled(opened):
    semaphores = opened(pool("a", 3))
    take(semaphores, ask("x", a=3))
    park(semaphores, ask("large", a=3))
    park(semaphores, ask("small", a=1))

    assert semaphores.set_capacity("a", 2).unsatisfiable == ("large",)
    assert semaphores.sweep().unsatisfiable == ("large",)
    assert semaphores.sweep().unsatisfiable == ("large",)
    assert semaphores.explain("large").wait.cause is Cause.NEVER
    assert granted(semaphores.release("x")) == ["small"], "it keeps nobody waiting"
    semaphores.cancel("large")
    assert semaphores.sweep().unsatisfiable == ()


def test_less_than_one_is_no_capacity(opened):
    semaphores = opened(pool("a", 3))

    with pytest.raises(InvalidAmount, match="'a': 0 is no capacity; block it instead"):
        semaphores.set_capacity("a", 0)
    with pytest.raises(UnknownResource, match="'b'"):
        semaphores.set_capacity("b", 1)
    with pytest.raises(UnknownResource, match="'b'"):
        semaphores.block("b", 1)
    with pytest.raises(UnknownResource, match="'b'"):
        semaphores.usage("b")


def test_a_rate_can_be_changed_too(opened):
    semaphores = opened(rate("r", 1, per=100, burst=1))
    take(semaphores, ask("x", r=1))

    semaphores.set_capacity("r", 100)

    assert 0 < semaphores.acquire(ask("y", r=1), park=False).retry_after <= 1


def test_a_blocked_resource_grants_nothing_until_it_is_lifted(opened):
    semaphores = opened(pool("a", 1))
    semaphores.block("a", LONG)
    park(semaphores, ask("x", a=1))

    waits = semaphores.explain("x").wait
    assert (waits.cause, round(waits.remaining)) == (Cause.BLOCKED, LONG)
    assert granted(semaphores.block("a", 0)) == ["x"]


def test_a_block_ends_by_itself(opened, client):
    semaphores = opened(pool("a", 1))
    semaphores.block("a", LONG)
    park(semaphores, ask("x", a=1))
    assert semaphores.sweep().wake_after > LONG - 60
    patch(client, "a", "BLOCKED", 1)
    set_time(client, "timers", "a", 1)

    assert granted(semaphores.sweep()) == ["x"]


def test_usage_tells_who_holds_what_and_who_waits(opened, client):
    semaphores = opened(pool("a", 3))
    take(semaphores, ask("x", a=2))
    take(semaphores, ask("y", "t", a=1))
    park(semaphores, ask("z", a=1))
    semaphores.release("y")

    usage = semaphores.usage("a")

    assert (usage.used, usage.peak, usage.waiting, usage.grants) == (3, 3, 0, 3)
    assert [(one.id, one.amount, one.session) for one in usage.holders] == [
        ("x", 2, "s"),
        ("z", 1, ""),
    ]
    assert usage.holders[1].state is State.GRANTED
    assert abs(usage.peak_at - dump(client).now_us / 1e6) < 60


def test_usage_tells_the_oldest_wait(opened, client):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    long_ago = dump(client).now_us - 30_000_000
    for name, arrived in (("young", 0), ("old", long_ago)):
        request = ask(name, a=1)
        semaphores.acquire(type(request)(name, {"a": 1}, "s", arrived_us=arrived), park=True)

    assert 30 <= semaphores.usage("a").oldest_wait < 60


def test_explain_tells_each_cause(opened):
    semaphores = opened(
        pool("a", 2), pool("wide", 4), lock("l"), rate("r", 1, per=100, burst=1), skips=1
    )
    take(semaphores, ask("x", a=1))
    take(semaphores, ask("q", r=1))
    take(semaphores, ask("w", l=1))
    park(semaphores, ask("both", a=2))
    park(semaphores, ask("later", r=1))
    park(semaphores, ask("writer", l=1000))
    park(semaphores, ask("reader", l=1))

    def cause(name):
        waits = semaphores.explain(name).wait
        return waits.resource, waits.cause, waits.whom

    assert cause("both") == ("a", Cause.CAPACITY, "")
    assert cause("later") == ("r", Cause.RATE, "")
    assert 90 < semaphores.explain("later").wait.remaining <= 101
    assert cause("writer") == ("l", Cause.CAPACITY, "")
    assert cause("reader") == ("l", Cause.ORDER, "writer")
    assert semaphores.explain("reader").wait.position == 1
    assert [one.id for one in semaphores.explain("both").wait.holders] == ["x"]
    assert semaphores.explain("nobody").state is State.UNKNOWN


def test_explain_names_whom_a_permit_is_kept_for(opened):
    semaphores = opened(pool("a", 2), skips=1)
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("large", a=2))
    semaphores.acquire(ask("passes", a=1), park=True)
    semaphores.release("passes")
    park(semaphores, ask("small", a=1))

    waits = semaphores.explain("small").wait

    assert (waits.cause, waits.whom) == (Cause.RESERVED, "large")
    assert semaphores.usage("a").champion == "large"


def test_leases_list_all_that_is_held_page_by_page(opened):
    semaphores = opened(pool("a", 2000), pool("b", 2000))
    for number in range(600):
        take(semaphores, ask(f"x{number}", a=1, b=1))

    assert len(list(semaphores.leases())) == 600
    (first, *_) = semaphores.leases("b")
    assert first.need == {"a": 1, "b": 1}
    assert first.remaining > LONG - 60
