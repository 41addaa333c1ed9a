"""Tenants take turns at a fair resource, by their weights."""

from collections import Counter
from dataclasses import replace

import pytest

from orchestrator.capacity.rebuilding import Running
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.states import Priority
from tests.capacity.asking import LONG, ask, park, pool, take
from tests.capacity.records import dump


def turn(semaphores, grants):
    """Start and release what was granted; return who goes next."""
    (grant,) = grants
    semaphores.start(grant.id, grant.token, "s")
    return semaphores.release(grant.id, grant.token).grants


def of(tenant, number, **need):
    return replace(ask(f"{tenant}-{number}", **need), tenant=tenant)


@pytest.fixture
def backlog(opened):
    """One unit of `f`, taken; and so many requests of each tenant that wait for it."""

    def make(counts, weights=None, amount=1):
        semaphores = opened(pool("f", amount, fair=True, weights=weights or {}), starve=LONG)
        take(semaphores, ask("x", f=amount))
        for tenant, count in counts.items():
            for number in range(count):
                park(semaphores, of(tenant, number, f=amount))
        return semaphores

    return make


def order(semaphores, count):
    """Return the tenants of the next grants."""
    grants = semaphores.release("x").grants
    found = []
    for _ in range(count):
        found.append(grants[0].id.split("-")[0])
        grants = turn(semaphores, grants)
    return found


def test_who_asks_once_does_not_wait_behind_five_thousand_of_another(client):
    semaphores = Semaphores(client)
    semaphores.rebuild(
        [(pool("f", 1, fair=True), None)],
        running=[Running("x", {"f": 1}, 1, "s", 0.0)],
        waiting=[of("many", number, f=1) for number in range(5000)],
        ttl=LONG,
    )
    park(semaphores, of("one", 0, f=1))

    assert "one" in order(semaphores, 2)


def test_who_comes_later_does_not_make_up_for_what_it_missed(backlog):
    semaphores = backlog({"early": 60})
    begun = order(semaphores, 20)
    grants = [one for one in semaphores.leases() if one.id.startswith("early")]
    for number in range(20):
        park(semaphores, of("late", number, f=1))

    assert set(begun) == {"early"}
    (held,) = grants
    following = semaphores.release(held.id).grants
    found = []
    for _ in range(20):
        found.append(following[0].id.split("-")[0])
        following = turn(semaphores, following)
    assert abs(Counter(found)["late"] - 10) <= 1


def test_weights_are_kept(backlog):
    semaphores = backlog({"three": 400, "one": 400}, {"three": 3, "one": 1})

    found = Counter(order(semaphores, 400))

    assert found["three"] / found["one"] == pytest.approx(3, rel=0.05)


def test_what_is_granted_at_once_is_charged_too(opened):
    semaphores = opened(pool("f", 1, fair=True))
    for number in range(5):
        take(semaphores, of("busy", number, f=1))
        semaphores.release(f"busy-{number}")
    take(semaphores, of("busy", "last", f=1))
    park(semaphores, of("busy", "next", f=1))
    park(semaphores, of("fresh", 0, f=1))

    (grant,) = semaphores.release("busy-last").grants

    assert grant.id == "fresh-0"


def test_who_withdraws_owes_nothing(backlog):
    semaphores = backlog({"gone": 100, "other": 3})
    for number in range(100):
        semaphores.cancel(f"gone-{number}")
    park(semaphores, of("gone", "back", f=1))

    assert "gone" in order(semaphores, 2)


def test_the_urgent_go_first_among_tenants_too(backlog):
    semaphores = backlog({"many": 10})
    park(semaphores, replace(of("urgent", 0, f=1), level=Priority.CRITICAL))

    assert order(semaphores, 1) == ["urgent"]


def test_who_serves_the_urgent_leaves_the_turns_of_others_as_they_are(backlog):
    semaphores = backlog({"many": 10})
    for number in range(10):
        park(semaphores, replace(of("urgent", number, f=1), level=Priority.CRITICAL))
    assert order(semaphores, 10) == ["urgent"] * 10

    park(semaphores, of("fresh", 0, f=1))
    (held,) = semaphores.leases()
    grants = semaphores.release(held.id).grants
    found = [grants[0].id.split("-")[0], turn(semaphores, grants)[0].id.split("-")[0]]

    assert "fresh" in found


def test_what_was_charged_and_served_is_forgotten(opened, client):
    semaphores = opened(pool("f", 1, fair=True), quantum=0.000001)
    for number in range(300):
        take(semaphores, of(f"t{number}", 0, f=1))
        semaphores.release(f"t{number}-0")
    assert len(dump(client).tags) == 300

    for _ in range(10):
        semaphores.sweep()

    assert dump(client).tags == {}


def test_what_is_still_owed_is_kept(backlog, client):
    semaphores = backlog({"many": 50})

    semaphores.sweep()

    assert "f\0many" in dump(client).tags
