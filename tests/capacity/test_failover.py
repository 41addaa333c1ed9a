"""A replica that takes over: what Redis alone would grant twice, the guard refuses."""

import time

import pytest
import redis

from orchestrator.capacity.rebuilding import Running
from orchestrator.capacity.refusals import Closed, PermitsClosed
from orchestrator.capacity.replies import Parked
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.local.broker import LOOPBACK, EmbeddedBroker
from tests.capacity.asking import LONG, ask, lock, take, token_of
from tests.waiting import eventually

ALONE = {"migrations": 1000}


@pytest.fixture
def servers(tmp_path):
    """A master and its replica, in step."""
    with (
        EmbeddedBroker(tmp_path / "master") as master,
        EmbeddedBroker(tmp_path / "replica") as replica,
        redis.Redis(port=master.port) as first,
        redis.Redis(port=replica.port) as second,
    ):
        first.config_set("repl-diskless-sync-delay", 0)  # it waits for a second replica otherwise
        second.replicaof(LOOPBACK, master.port)
        eventually(lambda: second.info("replication").get("master_link_status") == "up")
        yield first, second


@pytest.fixture
def split(servers):
    """Both sides after a partition: the replica was promoted, and the master does not know."""
    first, second = servers
    on_master = Semaphores(first)
    on_master.rebuild([(lock("migrations"), None)])
    on_master.beat(["s", "t"], ttl=LONG)
    operations = on_master.totals().operations
    eventually(lambda: int(second.hget("orchestrator:{main}:meta", "op") or 0) == operations)
    second.replicaof("NO", "ONE")
    return first, second, on_master


def test_without_an_epoch_the_same_token_would_be_given_twice(split):
    _, second, on_master = split
    held = take(on_master, ask("x", **ALONE))

    again = token_of(Semaphores(second).acquire(ask("y", "t", **ALONE), park=False))

    assert again == held, "this is what every lock in Redis does"


def test_who_has_seen_more_than_the_new_master_is_refused(split):
    _, second, on_master = split
    take(on_master, ask("x", **ALONE))
    on_master._scripts._client = second

    with pytest.raises(PermitsClosed) as refused:
        on_master.beat(["s"], ttl=LONG)

    assert refused.value.why is Closed.ROLLBACK


def test_the_new_master_is_another_server(split):
    first, second, _ = split

    assert first.info("server")["run_id"] != second.info("server")["run_id"]


def test_after_a_rebuild_the_holder_holds_and_everybody_else_waits(split):
    _, second, on_master = split
    held = take(on_master, ask("x", **ALONE))
    rival = Semaphores(second)
    token_of(rival.acquire(ask("y", "t", **ALONE), park=False))

    rebuilt = Semaphores(second, epoch=2)
    rebuilt.rebuild(
        [(lock("migrations"), None)], running=[Running("x", ALONE, held, "s", time.time())]
    )
    rebuilt.beat(["t"], ttl=LONG)

    with pytest.raises(PermitsClosed) as refused:
        rival.release("y")
    assert refused.value.why is Closed.EPOCH
    assert rebuilt.beat({"s": ["x"]}, ttl=LONG) == ()
    assert isinstance(rebuilt.acquire(ask("y", "t", **ALONE), park=True), Parked)
    (grant,) = rebuilt.release("x", held).grants
    assert grant.id == "y"
    assert grant.token > held
