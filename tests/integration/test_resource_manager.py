"""The ResourceManager of seed 004: permits for what is no step."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestrator import Priority, ResourceManager, StepState
from orchestrator.capacity.refusals import InvalidAmount, PermitUnavailable
from orchestrator.capacity.replies import Request, State
from orchestrator.capacity.resources import ResourceType
from orchestrator.capacity.views import Cause, Usage
from orchestrator.errors import ResourceNotFound, Unavailable
from tests.integration.installation import LEASE_SECONDS, Factory, Installation
from tests.waiting import eventually

#: Takes both, says under which name, and holds them until it ends.
_HOLDER = """
import sys
from orchestrator import ResourceManager
print(ResourceManager().allocate("gpu", "doomed", 2).id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def toy(install: Factory) -> Installation:
    """An installation whose maintenance has told Redis of two GPUs."""
    made = install(resources=[{"name": "gpu", "type": "compute", "capacity": 2}])
    made.start_maintenance()
    eventually(lambda: made.coordinator.resources()[0].usage)
    return made


@pytest.fixture
def manager(toy: Installation) -> Iterator[ResourceManager]:
    with ResourceManager(toy.coordinator) as made:
        yield made


def usage(manager: ResourceManager, name: str = "gpu") -> Usage:
    found = manager.get_usage(name)
    assert found is not None
    return found


def later(seconds: float, manager: ResourceManager, allocation: str) -> None:
    timer = threading.Timer(seconds, manager.release, [allocation])
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize("kind", [kind for kind in ResourceType if kind is not ResourceType.LOCK])
def test_every_type_of_the_seed_is_registered_and_allocated(
    manager: ResourceManager, kind: ResourceType
) -> None:
    more: dict[str, Any] = {"per": 60} if kind is ResourceType.API_QUOTA else {}
    manager.register_resource("thing", kind, 4, **more)

    held = manager.allocate("thing", "backup", 3)

    assert held.need == {"thing": 3}
    assert (usage(manager, "thing").capacity, usage(manager, "thing").used) == (4, 3)


def test_a_lock_is_shared_or_held_alone(manager: ResourceManager) -> None:
    manager.register_resource("migrations", ResourceType.LOCK)

    readers = [manager.allocate("migrations", f"reader {n}", "shared") for n in range(2)]
    with pytest.raises(PermitUnavailable):
        manager.allocate("migrations", "writer", "exclusive")
    for reader in readers:
        manager.release(reader.id)
    manager.allocate("migrations", "writer", "exclusive")

    with pytest.raises(PermitUnavailable):
        manager.allocate("migrations", "reader", "shared")


def test_what_is_taken_is_given_back_once(manager: ResourceManager) -> None:
    first = manager.allocate("gpu", "backup")
    second = manager.allocate("gpu", "backup")

    assert first.id != second.id
    assert first.token < second.token
    assert (usage(manager).used, usage(manager).available) == (2, 0)
    assert manager.release(first.id)
    assert not manager.release(first.id)
    assert (usage(manager).used, usage(manager).peak) == (1, 2)


def test_who_does_not_wait_is_refused_at_once(manager: ResourceManager) -> None:
    manager.allocate("gpu", "backup", 2)

    with pytest.raises(PermitUnavailable, match="gpu cannot be had at once"):
        manager.allocate("gpu", "cleaning")

    assert usage(manager).waiting == 0


def test_who_waits_has_it_as_soon_as_it_is_free(manager: ResourceManager) -> None:
    held = manager.allocate("gpu", "backup", 2)
    later(0.3, manager, held.id)

    mine = manager.allocate("gpu", "cleaning", 2, timeout=20)

    assert mine.token > held.token
    assert usage(manager).used == 2


def test_who_waits_in_vain_leaves_the_line(manager: ResourceManager) -> None:
    manager.allocate("gpu", "backup", 2)

    with pytest.raises(PermitUnavailable, match=r"^request 'cleaning \w+' was not granted within"):
        manager.allocate("gpu", "cleaning", timeout=0.2)

    assert usage(manager).waiting == 0


def test_who_waits_for_longer_than_a_lease_keeps_its_place(manager: ResourceManager) -> None:
    with ResourceManager(manager._coordinator) as other:
        held = other.allocate("gpu", "backup", 2)
        later(LEASE_SECONDS + 1.5, other, held.id)

        mine = manager.allocate("gpu", "cleaning", timeout=20)

    assert usage(manager).holders[0].id == mine.id


def test_what_is_held_outlives_many_leases(manager: ResourceManager) -> None:
    held = manager.allocate("gpu", "backup")
    until = time.monotonic() + 2 * LEASE_SECONDS

    eventually(lambda: time.monotonic() > until)

    assert manager.explain(held.id).state is State.RUNNING


def test_several_are_taken_at_once_or_not_at_all(manager: ResourceManager) -> None:
    manager.register_resource("disk", "storage", 10)
    both = manager.allocate({"gpu": 1, "disk": 8}, "backup")
    assert both.need == {"gpu": 1, "disk": 8}

    with pytest.raises(PermitUnavailable, match="gpu and disk cannot be had at once"):
        manager.allocate({"gpu": 1, "disk": 3}, "cleaning")

    assert (usage(manager).used, usage(manager, "disk").used) == (1, 8)
    manager.release(both.id)
    assert (usage(manager).used, usage(manager, "disk").used) == (0, 0)


def test_who_waits_says_for_what(manager: ResourceManager) -> None:
    held = manager.allocate("gpu", "backup", 2)
    with ThreadPoolExecutor(1) as pool, manager._door.asking() as permits:
        asked = Request("cleaning", {"gpu": 1}, manager._session)
        waiting = pool.submit(permits.wait, asked, timeout=20)
        eventually(lambda: usage(manager).waiting == 1)

        found = manager.explain("cleaning")

        assert found.state is State.PARKED
        assert found.wait is not None
        assert (found.wait.resource, found.wait.cause) == ("gpu", Cause.CAPACITY)
        assert [holder.id for holder in found.wait.holders] == [held.id]
        manager.release(held.id)
        waiting.result()

    assert manager.explain("cleaning").state is State.RUNNING


def test_the_more_urgent_is_first_in_line(manager: ResourceManager) -> None:
    held = manager.allocate("gpu", "backup", 2)
    order: list[str] = []

    def take(name: str, priority: Priority) -> None:
        mine = manager.allocate("gpu", name, 2, priority=priority, timeout=20)
        order.append(name)
        manager.release(mine.id)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(take, "cleaning", Priority.LOW)
        eventually(lambda: usage(manager).waiting == 1)
        pool.submit(take, "rescue", Priority.CRITICAL)
        eventually(lambda: usage(manager).waiting == 2)
        manager.release(held.id)

    assert order == ["rescue", "cleaning"]


def test_what_does_not_exist_is_refused(manager: ResourceManager) -> None:
    with pytest.raises(ResourceNotFound, match="'gpus'"):
        manager.allocate("gpus", "backup")
    with pytest.raises(InvalidAmount, match="asks for 3 of resource 'gpu', of which there are 2"):
        manager.allocate("gpu", "backup", 3)
    with pytest.raises(InvalidAmount, match="ask for a number of units from 1, not 0"):
        manager.allocate("gpu", "backup", 0)
    with pytest.raises(ResourceNotFound):
        manager.get_usage("gpus")
    assert manager.explain("nobody").state is State.UNKNOWN


def test_what_an_operator_has_set_counts(manager: ResourceManager) -> None:
    manager._coordinator.set_capacity("gpu", 5, by="ada", reason="three more arrived")

    assert manager.allocate("gpu", "backup", 5).need == {"gpu": 5}


def test_what_an_operator_has_set_counts_in_a_redis_that_does_not_know_it(
    toy: Installation,
) -> None:
    toy.stop_maintenance()  # nobody else tells Redis
    toy.redis.flushall()
    toy.coordinator.set_capacity("gpu", 1, by="ada", reason="one broke")
    with ResourceManager(toy.coordinator) as manager, pytest.raises(Unavailable):
        manager.allocate("gpu", "backup")
    toy.start_maintenance()
    eventually(lambda: toy.coordinator.resource("gpu").usage)

    with ResourceManager(toy.coordinator) as manager:
        assert usage(manager).capacity == 1


def test_a_new_resource_is_registered_as_it_was_set(toy: Installation) -> None:
    with ResourceManager(toy.coordinator) as manager:
        manager.register_resource("disk", "storage", 10)
        toy.coordinator.set_capacity("disk", 4, by="ada", reason="it is nearly full")
        manager.register_resource("disk", "storage", 10)

        with pytest.raises(InvalidAmount, match="of which there are 4"):
            manager.allocate("disk", "backup", 5)


def test_a_caller_that_dies_gives_back_when_its_lease_ends(
    toy: Installation, manager: ResourceManager
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER],
        env=toy.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert manager.explain(name).state is State.RUNNING
        process.kill()

    mine = manager.allocate("gpu", "heir", 2, timeout=20)

    assert manager.explain(name).state is State.UNKNOWN
    assert usage(manager).reclaimed == 1
    assert usage(manager).holders[0].id == mine.id


def test_whoever_closes_gives_all_back(toy: Installation) -> None:
    with ResourceManager(toy.coordinator) as manager:
        for _ in range(2):
            manager.allocate("gpu", "backup")

    found = toy.coordinator.resource("gpu").usage
    assert found is not None
    assert (found.used, found.grants) == (0, 2)


def test_a_quota_comes_again_by_itself(manager: ResourceManager) -> None:
    manager.register_resource("mails", "api_quota", 10, per=1, burst=2)
    manager.allocate("mails", "letter", 2)

    with pytest.raises(PermitUnavailable):
        manager.allocate("mails", "letter", 2)
    before = time.monotonic()
    manager.allocate("mails", "letter", 2, timeout=20)

    assert 0.05 < time.monotonic() - before < 10
    with pytest.raises(InvalidAmount, match="of which there are 2"):
        manager.allocate("mails", "letter", 3)


def test_a_fair_resource_serves_callers_in_their_order(manager: ResourceManager) -> None:
    manager.register_resource("seats", "custom", 1, fair=True, weights={"acme": 2.0})
    held = manager.allocate("seats", "first")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(manager.allocate, "seats", "second", timeout=20)
        eventually(lambda: usage(manager, "seats").waiting == 1)
        with pytest.raises(PermitUnavailable):
            manager.allocate("seats", "third")
        manager.release(held.id)

        assert waiting.result().token > held.token


def test_a_request_takes_turns_at_one_fair_resource(manager: ResourceManager) -> None:
    for name in ("seats", "desks"):
        manager.register_resource(name, "custom", 1, fair=True)

    with pytest.raises(InvalidAmount, match="asks for a second fair resource, 'desks'"):
        manager.allocate({"seats": 1, "desks": 1}, "visitor")


def test_a_step_and_a_caller_share_one_resource(
    toy: Installation, manager: ResourceManager
) -> None:
    toy.start_pool(1)
    held = manager.allocate("gpu", "backup", 2)
    run = toy.submit([{"name": "render", "task": "toy.note", "permits": {"gpu": 1}}])
    eventually(lambda: toy.steps(run)["render"].state is StepState.PARKED)

    (reason,) = toy.coordinator.why(run.id, "render")
    assert f"all of it is taken, held by '{held.id}' since " in reason.sentence
    manager.release(held.id)

    assert toy.wait(run).state.is_final
    assert toy.steps(run)["render"].state is StepState.SUCCEEDED
