"""The stack starts its parts in order, and whatever ends it leaves no process behind."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import sqlalchemy as sa

from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.local.child import Child
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from orchestrator.settings import Settings
from tests.integration.small_stack import stand_in
from tests.waiting import eventually


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def none_lives(*pids: int) -> bool:
    return not any(map(lives, pids))


@dataclass(frozen=True)
class Owner:
    """A process that runs a stack, and the processes of that stack."""

    process: subprocess.Popen[str]
    up: dict[str, Any]

    @property
    def pids(self) -> list[int]:
        return [self.up["broker"], *self.up["pids"]]


@pytest.fixture
def owner(home: Path) -> Iterator[Owner]:
    command = [sys.executable, "-m", "tests.integration.small_stack", str(home)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None
        made = Owner(process, json.loads(process.stdout.readline()))
        yield made
        process.kill()
    # A pool's children end with their pool; what stands in for it has a child that does not.
    for pid in filter(lives, made.pids):
        psutil.Process(pid).kill()


def test_while_it_runs_its_home_has_its_addresses(home: Path) -> None:
    with Stack(Settings(home=home), []) as stack:
        found = Settings(home=home)

        assert found.broker_url == stack.settings.broker_url
        assert redis.Redis.from_url(found.broker_url).ping()
        tables = sa.inspect(sa.create_engine(found.ledger_url)).get_table_names()
        assert "orchestrator_runs" in tables

    assert Settings(home=home).broker_url == ""


def test_services_are_given_the_addresses_and_stopped_with_their_children(home: Path) -> None:
    with Stack(Settings(home=home), [stand_in(home / "pool")]) as stack:
        stack.wait_until_ready()
        started = json.loads((home / "pool").read_text())

        assert started["environment"]["ORCHESTRATOR_BROKER_URL"] == stack.broker.url
        assert started["environment"]["ORCHESTRATOR_LEDGER_URL"] == stack.settings.ledger_url
        assert all(map(lives, started["pids"]))

    assert none_lives(*started["pids"])


def test_others_wait_for_the_service_that_is_first(home: Path) -> None:
    early = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(600)"
    first = replace(stand_in(home / "flower", "flower", early), is_first=True)
    late = "import os, sys; os.rename(os.path.dirname(sys.argv[1]) + '/flower', sys.argv[1]); "
    second = stand_in(home / "after flower", script=late + "import time; time.sleep(600)")

    with Stack(Settings(home=home), [second, first]) as stack:
        stack.wait_until_ready()


def test_a_service_that_ends_is_reported_with_the_end_of_its_log(home: Path) -> None:
    script = "import sys; sys.exit('no such domain: biling')"
    failing = stand_in(home / "pool", script=script)

    with (
        pytest.raises(Unavailable, match=r"(?s)billing ended with code 1.*no such domain: bilin"),
        Stack(Settings(home=home), [failing]) as stack,
    ):
        stack.wait_until_ready()


def test_a_service_that_is_not_ready_in_time_is_reported_and_stopped(home: Path) -> None:
    slow = stand_in(
        home / "pool", script="import time; print('loading', flush=True); time.sleep(9)"
    )

    with (
        pytest.raises(Unavailable, match="billing is not ready in time"),
        Stack(Settings(home=home), [slow]) as stack,
    ):
        stack.wait_until_ready(within=0.5)


def test_a_service_that_ends_is_started_again_after_a_pause(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.path.exists(sys.argv[1]) or sys.exit(3); open(sys.argv[1]+'2', 'w')"
    )
    child = Child(stand_in(tmp_path / "mended", script=script), {}, tmp_path)

    assert "ended with code 3" in eventually(child.tend)
    assert child.tend() is None
    (tmp_path / "mended").touch()
    eventually(lambda: child.tend() or (tmp_path / "mended2").exists())
    child.process.wait(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(owner: Owner, home: Path, number: signal.Signals) -> None:
    owner.process.send_signal(number)
    owner.process.wait(timeout=10)

    assert none_lives(*owner.pids)
    assert not (home / "stack.json").exists()


def test_when_it_is_killed_all_its_services_die(owner: Owner) -> None:
    owner.process.kill()

    eventually(lambda: none_lives(owner.up["broker"], owner.up["pids"][0]))


def test_a_home_can_be_used_again_after_its_stack_was_killed(owner: Owner, home: Path) -> None:
    with redis.Redis(port=owner.up["port"]) as client:
        client.set("kept", "yes")
    owner.process.kill()
    owner.process.wait()

    with (
        Stack(Settings(home=home), []) as stack,
        redis.Redis.from_url(stack.broker.url) as client,
    ):
        assert client.get("kept") == b"yes"


def test_a_broker_that_ends_is_started_again_at_its_address(owner: Owner) -> None:
    psutil.Process(owner.up["broker"]).kill()

    eventually(lambda: none_lives(owner.up["broker"]))
    eventually(lambda: answers(owner.up["port"]))
    assert owner.process.stdout is not None
    assert owner.process.stdout.readline().startswith("the broker ended with code -9")


def test_a_second_stack_in_a_home_is_refused_and_spoils_nothing(owner: Owner, home: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match=str(owner.process.pid)),
        Stack(Settings(home=home), []),
    ):
        pass

    assert json.loads((home / "stack.json").read_text())["pid"] == owner.process.pid
    assert answers(owner.up["port"])


def test_a_whole_stack_has_a_pool_for_each_domain_and_flower_first(home: Path) -> None:
    whole = services(Settings(home=home), ["billing", "messaging"], flower_port=5555)

    assert [service.name for service in whole] == ["flower", "billing", "messaging", "maintenance"]
    assert [service.is_first for service in whole] == [True, False, False, False]
    assert whole[1].argv[1:] == ("-m", "orchestrator", "worker", "billing", "--concurrency", "2")


def answers(port: int) -> bool:
    try:
        with redis.Redis(port=port) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
