"""The same world as the driver's, played by Hypothesis, which shrinks what it finds."""

import os

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.capacity.driver import play
from tests.capacity.known import NAMES, QUOTA, SESSIONS
from tests.capacity.world import World

SESSION = st.sampled_from(SESSIONS)
NEED = st.dictionaries(st.sampled_from([*NAMES, QUOTA]), st.integers(1, 3), min_size=1, max_size=3)
INDEX = st.integers(0, 50)


class Machine(RuleBasedStateMachine):
    """Every verb at any time."""

    client: "redis.Redis"  #: set by the test

    @initialize(fifo=st.booleans(), fair=st.booleans(), skips=st.sampled_from([1, 2, 16]))
    def begin(self, fifo, fair, skips):
        self.world = World(self.client, fifo=fifo, fair=fair, skips=skips)

    def one_of(self, names, index):
        return sorted(names)[index % len(names)]

    @rule(
        session=SESSION,
        need=NEED,
        level=st.integers(0, 4),
        park=st.booleans(),
        tenant=st.sampled_from(["", "x"]),
    )
    def acquire(self, session, need, level, park, tenant):
        self.world.acquire(session, need, level=level, park=park, tenant=tenant)

    @rule(session=SESSION, needs=st.lists(NEED, min_size=3, max_size=8), told=st.booleans())
    def acquire_several(self, session, needs, told):
        for need in needs:
            self.world.acquire(session, need, told=told)
            self.world.check()

    @precondition(lambda self: self.world.running)
    @rule(index=INDEX, stale=st.booleans())
    def release(self, index, stale):
        self.world.release(self.one_of(self.world.running, index), stale=stale)

    @precondition(lambda self: self.world.parked or self.world.granted)
    @rule(index=INDEX)
    def cancel(self, index):
        self.world.cancel(self.one_of({**self.world.parked, **self.world.granted}, index))

    @precondition(lambda self: self.world.granted)
    @rule(index=INDEX, session=SESSION)
    def start(self, index, session):
        name = self.one_of(self.world.granted, index)
        self.world.deliver(name, self.world.granted[name].token, session)

    @precondition(lambda self: self.world.messages)
    @rule(index=INDEX, session=SESSION)
    def deliver_an_old_copy(self, index, session):
        self.world.deliver(*self.one_of(self.world.messages, index), session)

    @precondition(lambda self: self.world.parked or self.world.held)
    @rule(index=INDEX, session=SESSION)
    def ask_again(self, index, session):
        self.world.ask_again(self.one_of({**self.world.parked, **self.world.held}, index), session)

    @rule(session=SESSION, known=st.booleans())
    def fall_silent(self, session, known):
        self.world.fall_silent(session, known=known)

    @rule(session=SESSION)
    def come_back(self, session):
        self.world.come_back(session)

    @precondition(lambda self: self.world.running)
    @rule(index=INDEX)
    def overstay(self, index):
        self.world.overstay(self.one_of(self.world.running, index))

    @precondition(lambda self: self.world.running)
    @rule(count=INDEX, confirmed=st.booleans())
    def reclaim(self, count, confirmed):
        self.world.reclaim(sorted(self.world.running)[: count + 1], confirmed=confirmed)

    @precondition(lambda self: self.world.granted)
    @rule(index=INDEX)
    def start_late(self, index):
        self.world.start_late(self.one_of(self.world.granted, index))

    @rule()
    def publish_again(self):
        self.world.publish_again()

    @rule(name=st.sampled_from(NAMES), capacity=st.integers(1, 5))
    def resize(self, name, capacity):
        self.world.resize(name, capacity)

    @rule(name=st.sampled_from([*NAMES, QUOTA]), lift=st.booleans())
    def block(self, name, lift):
        self.world.block(name, lift=lift)

    @rule()
    def refill(self):
        self.world.refill()

    @invariant()
    def holds_together(self):
        if hasattr(self, "world"):
            self.world.check()


def machine_test(client, examples):
    bound = type("BoundMachine", (Machine,), {"client": client})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_sequence_of_verbs_breaks_an_invariant(client):
    machine_test(client, 8)


def test_nobody_passes_who_is_short_of_what_another_was_granted_just_now(client):
    world = World(client, fifo=True, fair=False, skips=1)
    for need in ({"b": 3, "c": 3}, {"a": 1, "b": 1}, {"b": 2}):
        world.acquire("s0", need, told=False)
    for need in ({"a": 3, "b": 1}, {"a": 1, "c": 1}):
        world.acquire("s0", need)
    world.check()
    (first,) = world.running

    world.release(first, stale=False)

    world.check()
    assert sorted(world.parked) == ["x4", "x5"]


@pytest.mark.parametrize("seed", range(4))
def test_no_dense_sequence_does_either(client, seed):
    play(client, 1000 + seed, 150)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_sequence_of_verbs_breaks_an_invariant_at_length(client):
    machine_test(client, 300)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_dense_sequence_does_either_at_length(client):
    for seed in range(int(os.environ.get("CAPACITY_SEEDS", "300"))):
        play(client, 2000 + seed, 200)
