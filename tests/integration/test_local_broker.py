"""The embedded broker keeps its data, keeps to itself, and ends with its owner."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis

from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.process import spawn, stop
from tests.waiting import eventually

OWNER = """
import sys, time
from pathlib import Path
from orchestrator.local.broker import EmbeddedBroker
with EmbeddedBroker(Path(sys.argv[1])) as broker:
    print(broker.port, broker.process.pid, flush=True)
    time.sleep(600)
"""


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def start_owner(home: Path) -> tuple[subprocess.Popen[str], int, psutil.Process]:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, home], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    port, pid = map(int, owner.stdout.readline().split())
    return owner, port, psutil.Process(pid)


def test_what_was_written_is_there_after_a_restart(home: Path) -> None:
    with EmbeddedBroker(home) as broker, client(broker.url) as connection:
        connection.rpush("billing", "first", "second")

    with EmbeddedBroker(home) as broker, client(broker.url) as connection:
        assert connection.lrange("billing", 0, -1) == ["first", "second"]


def test_the_server_dies_with_an_owner_that_was_killed_and_keeps_its_data(home: Path) -> None:
    owner, port, server = start_owner(home)
    with client(f"redis://127.0.0.1:{port}") as connection:
        connection.set("step", "charge")

    owner.kill()
    owner.communicate()

    eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
    with EmbeddedBroker(home) as broker, client(broker.url) as connection:
        assert connection.get("step") == "charge"


def test_a_server_that_was_killed_can_be_started_again_on_its_port(home: Path) -> None:
    with EmbeddedBroker(home) as broker, client(broker.url) as connection:
        port = broker.port
        connection.config_set("appendfsync", "always")
        connection.set("step", "charge")
        broker.process.kill()
        broker.stop()

        broker.start(port=port)

        assert broker.port == port
        assert connection.get("step") == "charge"


def test_two_homes_have_two_brokers(tmp_path: Path) -> None:
    with (
        EmbeddedBroker(tmp_path / "one") as one,
        EmbeddedBroker(tmp_path / "a second") as two,
        client(one.url) as first,
        client(two.url) as second,
    ):
        first.set("where", "one")

        assert one.port != two.port
        assert second.get("where") is None


def test_a_home_that_is_taken_is_refused_with_the_pid_of_its_owner(home: Path) -> None:
    with EmbeddedBroker(home), pytest.raises(ConfigurationError) as refused:
        EmbeddedBroker(home).start()

    assert str(os.getpid()) in str(refused.value)
    assert "ORCHESTRATOR_HOME" in str(refused.value)


def test_it_listens_on_loopback_only(home: Path) -> None:
    with EmbeddedBroker(home) as broker:
        sockets = psutil.Process(broker.process.pid).net_connections(kind="inet")

    listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_a_full_broker_refuses_messages_and_forgets_none(home: Path) -> None:
    with EmbeddedBroker(home) as broker, client(broker.url) as connection:
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_server_that_cannot_start_is_reported_with_its_log(home: Path) -> None:
    (home / "broker").mkdir(parents=True)
    (home / "broker" / "appendonlydir").write_text("in the way")

    with pytest.raises(Unavailable, match="appendonlydir"):
        EmbeddedBroker(home).start()


def test_after_a_start_that_failed_the_home_is_free(home: Path) -> None:
    obstacle = home / "broker" / "appendonlydir"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way")
    with pytest.raises(Unavailable):
        EmbeddedBroker(home).start()
    obstacle.unlink()

    with EmbeddedBroker(home) as broker:
        assert broker.process.poll() is None


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
    log = tmp_path / "stubborn.log"
    child = spawn([sys.executable, "-c", stubborn + "time.sleep(600)"], log=log)
    eventually(lambda: log.read_text().strip() == "1")

    stop(child, within=0.2)

    assert child.returncode == -signal.SIGKILL
