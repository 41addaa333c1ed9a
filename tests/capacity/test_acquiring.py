"""Taking permits: at once, parked or busy; all of them or none."""

from dataclasses import replace

import pytest

from orchestrator.capacity.refusals import InvalidAmount, SessionEnded, UnknownResource
from orchestrator.capacity.replies import Busy, Ended, Granted, Held, Parked, Started, State
from orchestrator.capacity.scripts import Scripts
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.errors import ConfigurationError, InvalidInput
from tests.capacity.asking import LONG, ask, granted, lock, park, pool, rate, take


def test_what_is_free_is_granted_at_once(opened):
    semaphores = opened(pool("a", 3))

    take(semaphores, ask("x", a=2))

    assert semaphores.usage("a").used == 2
    assert semaphores.usage("a").available == 1


def test_what_is_not_free_is_busy_or_parked(opened):
    semaphores = opened(pool("a", 3))
    take(semaphores, ask("x", a=2))

    assert semaphores.acquire(ask("y", a=2), park=False) == Busy(None)
    assert semaphores.acquire(ask("y", a=2), park=True) == Parked(0)
    assert semaphores.acquire(ask("z", a=2), park=True) == Parked(1)


def test_of_several_resources_all_are_taken_or_none(opened):
    semaphores = opened(pool("a", 1), pool("b", 1))
    take(semaphores, ask("x", b=1))

    assert isinstance(semaphores.acquire(ask("y", a=1, b=1), park=False), Busy)

    assert semaphores.usage("a").used == 0


def test_a_release_grants_to_the_next_and_gives_out_its_message(opened):
    semaphores = opened(pool("a", 1))
    token = take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    park(semaphores, ask("z", a=1))

    end = semaphores.release("x", token)

    assert end.outcome is Ended.RELEASED
    assert [(one.id, one.message) for one in end.grants] == [("y", b"message of y")]
    assert end.grants[0].token > token


def test_a_grant_is_started_by_one_of_two_copies_of_its_message(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    (grant,) = semaphores.release("x").grants

    first = semaphores.start("y", grant.token, "s")
    again = semaphores.start("y", grant.token, "s")
    second = semaphores.start("y", grant.token, "t")

    assert (first.outcome, first.token) == (Started.STARTED, grant.token)
    assert again == first
    assert second.outcome is Started.DUPLICATE


def test_a_grant_starts_with_its_own_token_alone(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))

    assert semaphores.start("y", 1, "s").outcome is Started.PARKED
    semaphores.release("x")
    assert semaphores.start("y", 1, "s").outcome is Started.STALE
    assert semaphores.start("nobody", 1, "s").outcome is Started.GONE


def test_asked_again_it_has_the_same_answer(opened):
    semaphores = opened(pool("a", 1))

    token = take(semaphores, ask("x", a=1))

    assert semaphores.acquire(ask("x", a=1), park=True) == Granted(token)
    assert semaphores.acquire(ask("x", "t", a=1), park=True) == Held(token, State.RUNNING, "s")
    assert semaphores.usage("a").used == 1


def test_a_release_frees_once_and_only_with_the_holders_token(opened):
    semaphores = opened(pool("a", 2))
    token = take(semaphores, ask("x", a=1))
    take(semaphores, ask("y", a=1))

    assert semaphores.release("x", token + 1).outcome is Ended.STALE
    assert semaphores.release("x", token).outcome is Ended.RELEASED
    assert semaphores.release("x", token).outcome is Ended.GONE
    assert semaphores.usage("a").used == 1


def test_what_waits_is_cancelled_and_not_released(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))

    assert semaphores.release("y").outcome is Ended.PARKED
    assert semaphores.cancel("x").outcome is Ended.RUNNING
    assert semaphores.cancel("y").outcome is Ended.CANCELLED
    assert semaphores.cancel("y").outcome is Ended.GONE


def test_a_grant_on_its_way_can_be_cancelled_and_goes_to_the_next(opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))
    park(semaphores, ask("y", a=1))
    park(semaphores, ask("z", a=1))
    semaphores.release("x")

    assert granted(semaphores.cancel("y")) == ["z"]


def test_a_session_may_hold_several_allocations(opened):
    semaphores = opened(pool("a", 3))

    take(semaphores, ask("first", a=1))
    take(semaphores, ask("second", a=1))

    assert [lease.id for lease in semaphores.leases("a")] == ["first", "second"]


def test_a_lock_is_shared_by_many_or_held_by_one(opened):
    semaphores = opened(lock("l"))
    take(semaphores, ask("reader-1", l=1))
    take(semaphores, ask("reader-2", l=1))
    park(semaphores, ask("writer", l=1000))
    park(semaphores, ask("reader-3", l=1))

    assert granted(semaphores.release("reader-1")) == []
    assert granted(semaphores.release("reader-2")) == ["writer"]
    assert granted(semaphores.release("writer")) == ["reader-3"]


def test_a_rate_says_when_to_come_again(opened):
    semaphores = opened(rate("r", 1, per=100, burst=2))
    take(semaphores, ask("x", r=2))

    answer = semaphores.acquire(ask("y", r=1), park=False)

    assert isinstance(answer, Busy)
    assert 99 < answer.retry_after <= 100.01


@pytest.mark.parametrize(
    ("request_", "refusal", "sentence"),
    [
        (ask("x", "dead", a=1), SessionEnded, "has no lease: beat first"),
        (ask("x", b=1), UnknownResource, "nobody has registered resource 'b'"),
        (ask("x", a=4), InvalidAmount, "asks for 4 of resource 'a', of which there are 3"),
        (ask("x", a=0), InvalidAmount, "asks for no amount"),
        (ask("x"), InvalidAmount, "asks for no amount"),
        (ask("x", f=1, g=1), InvalidAmount, "a second fair resource, 'g'"),
        (ask("x\0y", a=1), InvalidInput, "control characters"),
        (replace(ask("x", a=1), tenant="\n"), InvalidInput, "control characters"),
    ],
)
def test_what_cannot_be_granted_is_refused_with_a_sentence(opened, request_, refusal, sentence):
    semaphores = opened(pool("a", 3), pool("f", 1, fair=True), pool("g", 1, fair=True))

    with pytest.raises(refusal, match=sentence):
        semaphores.acquire(request_, park=True)


def test_a_client_that_decodes_is_refused(client):
    client.connection_pool.connection_kwargs["decode_responses"] = True

    with pytest.raises(ConfigurationError, match="messages are bytes"):
        Scripts(client, "main", 1)


def test_domains_share_nothing(client, opened):
    main = opened(pool("a", 1))
    other = Semaphores(client, "other")
    other.rebuild([(pool("a", 1), None)])
    other.beat(["s"], ttl=LONG)

    take(main, ask("x", a=1))

    take(other, ask("x", a=1))


def test_scripts_that_redis_forgot_are_given_again(client, opened):
    semaphores = opened(pool("a", 1))
    take(semaphores, ask("x", a=1))

    client.script_flush()

    assert semaphores.release("x").outcome is Ended.RELEASED
