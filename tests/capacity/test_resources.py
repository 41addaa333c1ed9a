"""What a resource may be, and how much of it a step may ask for."""

import pytest
from pydantic import ValidationError

from orchestrator.capacity.refusals import InvalidAmount
from orchestrator.capacity.resources import SHARES, Resource, ResourceType, amount_of
from tests.capacity.asking import lock, pool, rate


def test_there_are_eleven_types_with_values_in_lower_case():
    assert len(ResourceType) == 11
    assert all(one.value == one.name.lower() for one in ResourceType)


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", "a" * 65, "a\0", "ä"])
def test_a_name_is_short_plain_and_lower_case(name):
    with pytest.raises(ValidationError, match="pattern"):
        pool(name, 1)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"type": "api_quota", "capacity": 5}, "`per` a length of time"),
        ({"type": "memory", "capacity": 5, "per": "1 min"}, "`per` a length of time"),
        ({"type": "memory", "capacity": 5, "burst": 2}, "`per` a length of time"),
        ({"type": "lock", "capacity": 5}, "a lock has no capacity"),
        ({"type": "memory"}, "a lock has no capacity"),
        ({"type": "api_quota", "capacity": 5, "per": 1, "max_hold": 9}, "nobody holds a rate"),
        ({"type": "memory", "capacity": 5, "weights": {"a": 2}}, "weights are for tenants"),
        ({"type": "memory", "capacity": 0}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_hold_together_is_refused(fields, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Resource.model_validate({"name": "a", **fields})


def test_lengths_of_time_are_read_as_people_write_them():
    quota = rate("api", 100, per="1 min", burst=10)

    assert (quota.per, quota.limit, quota.most) == (60, 100, 10)


def test_a_rate_without_a_burst_may_be_taken_at_once():
    assert Resource(name="api", type="api_quota", capacity=7, per=1).most == 7


def test_only_a_lock_is_served_in_strict_order_by_itself():
    assert lock("l").is_fifo
    assert not pool("p", 1).is_fifo
    assert pool("p", 1, order="fifo").is_fifo
    assert not lock("l", order="bounded").is_fifo


def test_a_hard_limit_leaves_room_for_the_burst():
    quota = Resource.hard_limit("api", 100, per=60, burst=10)

    assert quota.limit + quota.most == 100
    with pytest.raises(InvalidAmount, match="a burst of 100 leaves nothing"):
        Resource.hard_limit("api", 100, per=60, burst=100)


def test_a_lock_is_shared_or_exclusive():
    assert amount_of(lock("l"), "shared") == 1
    assert amount_of(lock("l"), "exclusive") == SHARES
    with pytest.raises(InvalidAmount, match="'l' is a lock: ask for 'shared' or 'exclusive'"):
        amount_of(lock("l"), 1)


@pytest.mark.parametrize("asked", [0, -1, True, 1.5, "shared"])
def test_a_capacity_is_asked_for_in_units(asked):
    with pytest.raises(InvalidAmount, match="'p' is no lock: ask for a number of units"):
        amount_of(pool("p", 3), asked)


def test_more_than_there_is_can_never_be_granted():
    assert amount_of(pool("p", 3), 3) == 3
    with pytest.raises(InvalidAmount, match="capacity of 3: 4 can never be granted"):
        amount_of(pool("p", 3), 4)
    with pytest.raises(InvalidAmount, match="burst of 2: 3 can never be granted"):
        amount_of(rate("r", 50, per=1, burst=2), 3)
