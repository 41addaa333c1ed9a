"""Fence before free: what a silent session holds is suspect until it is reclaimed."""

import pytest

from orchestrator.capacity.refusals import SessionEnded
from orchestrator.capacity.replies import Ended, State, Suspect
from tests.capacity.asking import LONG, ask, granted, park, pool, take
from tests.capacity.records import set_time


@pytest.fixture
def silent(opened, client):
    """`x` holds all of `a`, `y` waits for it, and the session of `x` has fallen silent."""

    def make(**resource):
        semaphores = opened(pool("a", 1, **resource))
        token = take(semaphores, ask("x", a=1))
        park(semaphores, ask("y", "t", a=1))
        set_time(client, "sessions", "s", 1)
        return semaphores, token

    return make


def test_a_sweep_frees_nothing_of_a_silent_session(silent):
    semaphores, token = silent()

    swept = semaphores.sweep()

    assert swept.suspects == (Suspect("x", token, "s", State.SUSPECT),)
    assert swept.grants == ()
    assert semaphores.usage("a").used == 1
    assert semaphores.explain("x").state is State.SUSPECT


def test_a_suspect_is_told_of_until_it_is_reclaimed(silent):
    semaphores, _ = silent()

    assert semaphores.sweep().suspects == semaphores.sweep().suspects != ()
    semaphores.reclaim(["x"])
    assert semaphores.sweep().suspects == ()


def test_what_is_reclaimed_goes_to_the_next(silent):
    semaphores, token = silent()
    semaphores.sweep()

    reclaimed = semaphores.reclaim(["x"])

    assert reclaimed.freed == ("x",)
    assert granted(reclaimed) == ["y"]
    assert semaphores.usage("a").reclaimed == 1
    assert semaphores.release("x", token).outcome is Ended.GONE


def test_who_beats_again_has_its_permits_back(silent):
    semaphores, token = silent()
    semaphores.sweep()

    assert semaphores.beat({"s": ["x"]}, ttl=LONG) == ()

    assert semaphores.explain("x").state is State.RUNNING
    assert semaphores.sweep().suspects == ()
    assert semaphores.reclaim(["x"]).freed == ()
    assert semaphores.release("x", token).outcome is Ended.RELEASED


def test_who_beats_too_late_is_told_what_it_lost(silent):
    semaphores, _ = silent()
    semaphores.sweep()
    semaphores.reclaim(["x"])

    assert semaphores.beat({"s": ["x"]}, ttl=LONG) == ("x",)


def test_a_suspect_may_still_be_released_by_its_holder(silent):
    semaphores, token = silent()
    semaphores.sweep()

    assert granted(semaphores.release("x", token)) == ["y"]
    assert semaphores.sweep().suspects == ()


def test_a_silent_session_can_neither_acquire_nor_start(silent):
    semaphores, _ = silent()
    semaphores.sweep()

    with pytest.raises(SessionEnded):
        semaphores.acquire(ask("z", a=1), park=True)
    with pytest.raises(SessionEnded):
        semaphores.start("y", None, "s")


def test_a_session_that_is_known_to_be_over_ends_at_once(opened):
    semaphores = opened(pool("a", 1))
    token = take(semaphores, ask("x", a=1))

    assert semaphores.end_session("s") == (Suspect("x", token, "s", State.SUSPECT),)
    with pytest.raises(SessionEnded):
        semaphores.acquire(ask("y", a=1), park=True)


def test_what_asks_for_a_confirmed_death_is_held_back_until_then(silent):
    semaphores, _ = silent(reclaim="confirmed")
    semaphores.sweep()

    unsure = semaphores.reclaim(["x"])
    sure = semaphores.reclaim(["x"], confirmed=True)

    assert (unsure.freed, unsure.held_back, unsure.grants) == ((), ("x",), ())
    assert (sure.freed, granted(sure)) == (("x",), ["y"])


def test_what_is_never_reclaimed_an_operator_releases(silent):
    semaphores, _ = silent(reclaim="never")
    semaphores.sweep()

    assert semaphores.reclaim(["x"], confirmed=True).held_back == ("x",)
    assert granted(semaphores.release("x")) == ["y"]


def test_one_resource_that_holds_back_holds_the_whole_allocation(opened, client):
    semaphores = opened(pool("a", 1), pool("b", 1, reclaim="confirmed"))
    take(semaphores, ask("x", a=1, b=1))
    semaphores.end_session("s")

    assert semaphores.reclaim(["x"]).held_back == ("x",)
    assert semaphores.usage("a").used == 1


def test_suspects_that_stay_hide_no_others(opened):
    semaphores = opened(pool("a", 9, reclaim="never"))
    for number in range(6):
        take(semaphores, ask(f"x{number}", a=1))
    semaphores.end_session("s")

    told = [{one.id for one in semaphores.sweep(limit=2).suspects} for _ in range(3)]

    assert set.union(*told) == {f"x{number}" for number in range(6)}


def test_what_is_held_too_long_is_suspect_though_its_session_beats(opened, client):
    semaphores = opened(pool("a", 1, max_hold="1 h"))
    token = take(semaphores, ask("x", a=1))
    assert semaphores.sweep().suspects == ()
    set_time(client, "holds", "x", 1)

    swept = semaphores.sweep()
    semaphores.beat({"s": ["x"]}, ttl=LONG)

    assert swept.suspects == (Suspect("x", token, "s", State.OVERDUE),)
    assert semaphores.reclaim(["x"]).freed == ("x",)


def test_the_shortest_of_several_limits_of_holding_counts(opened, client):
    semaphores = opened(pool("a", 1, max_hold=1000), pool("b", 1, max_hold=10), pool("c", 1))

    take(semaphores, ask("x", a=1, b=1, c=1))

    until = client.zscore("orchestrator:{main}:holds", "x")
    seconds, _ = client.time()
    assert 5_000 < until - int(seconds) * 1000 < 15_000


def test_a_grant_nobody_started_goes_back_to_its_old_place(opened, client):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    park(semaphores, ask("z", a=1))
    (old,) = semaphores.release("x").grants
    set_time(client, "deadlines", "y", 1)

    swept = semaphores.sweep()

    assert swept.late == ("y",)
    assert granted(swept) == ["y"], "before z, which came later"
    assert swept.grants[0].token > old.token
    assert semaphores.totals().late == 1


def test_a_grant_nobody_confirmed_is_given_out_again(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    grants = semaphores.release("x").grants

    assert semaphores.sweep(republish_after=LONG).republish == ()
    assert semaphores.sweep(republish_after=-1).republish == grants
    assert semaphores.totals().republished == 1
    semaphores.published(["y"])
    assert semaphores.sweep(republish_after=-1).republish == ()
