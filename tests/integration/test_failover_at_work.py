"""A replica takes over from a Redis that dies at work, and a quota is kept by many workers."""

import signal
from pathlib import Path

import pytest
import redis

from orchestrator import RunState
from orchestrator.ledger.permits import epochs
from orchestrator.local.broker import LOOPBACK, EmbeddedBroker
from tests.integration.installation import Factory, Installation
from tests.integration.test_permits import most_at_once, started, using
from tests.waiting import eventually

LOCK = {"name": "gateway", "type": "process", "capacity": 1}
#: Of how much later than its grant a step may start, on a machine that does other things too.
LATE_SECONDS = 0.5


def replicate(master: EmbeddedBroker, replica: EmbeddedBroker) -> None:
    with redis.Redis(port=master.port) as first, redis.Redis(port=replica.port) as second:
        first.config_set("repl-diskless-sync-delay", 0)
        second.replicaof(LOOPBACK, master.port)
        eventually(lambda: second.info("replication").get("master_link_status") == "up")


def promote(toy: Installation, replica: EmbeddedBroker) -> None:
    """Let the replica take over the address of a master that is gone."""
    toy.server.process.send_signal(signal.SIGKILL)
    toy.server.process.wait()
    with redis.Redis(port=replica.port) as second:
        second.replicaof("NO", "ONE")
        second.config_set("port", toy.server.port)


def epoch(toy: Installation) -> int:
    found = epochs.current(toy.ledger)
    return 0 if found is None else found.number


@pytest.mark.timeout(120)
@pytest.mark.parametrize("is_behind", [False, True], ids=["in-step", "behind"])
def test_a_promoted_replica_grants_nothing_twice(
    install: Factory, tmp_path: Path, *, is_behind: bool
) -> None:
    toy = started(install, LOCK, processes=2)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    with EmbeddedBroker(tmp_path / "replica") as replica:
        replicate(toy.server, replica)
        if is_behind:  # it never hears of the permit that is held, nor of any message
            with redis.Redis(port=replica.port) as second:
                second.replicaof("NO", "ONE")
        held = toy.submit([{"name": "holder", **hold}])
        toy.until_started(held, "holder")
        waiting = toy.submit([using(f"s{n}") for n in range(6)])
        before = epoch(toy)

        promote(toy, replica)

        eventually(lambda: epoch(toy) > before, within=40)
        gate.touch()
        assert toy.wait(held, within=60).state is RunState.SUCCEEDED
        assert toy.wait(waiting, within=60).state is RunState.SUCCEEDED
        both = [*toy.diary(held), *toy.diary(waiting)]
        assert most_at_once(both) == 1
        assert len([entry for entry in both if entry.event == "start"]) == 7


def test_many_workers_keep_a_quota(install: Factory) -> None:
    rate, burst = 10, 3
    quota = {"name": "gateway", "type": "api_quota", "capacity": rate, "per": 1, "burst": burst}
    toy = started(install, quota, processes=4)

    run = toy.succeed([using(f"s{number}", seconds=0) for number in range(40)], within=50)

    starts = sorted(entry.at for entry in toy.diary(run, "start"))
    assert len(starts) == 40
    for first, begun in enumerate(starts):
        for count, ended in enumerate(starts[first:], start=1):
            assert count <= rate * (ended - begun + LATE_SECONDS) + burst
